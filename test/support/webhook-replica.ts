// Run as a program: a webhook whose certificates live as long as the argument says, as JSON; else what `podnet webhook` is.
import { createLog } from "../../lib/daemon/log.ts";
import { readSettings } from "../../lib/daemon/settings.ts";
import { runUntilStopped } from "../../lib/daemon/stop.ts";
import { runWebhook, webhookSettings } from "../../webhooks/main.ts";

const log = createLog({ component: "webhook", level: "info" });
const settings = readSettings(webhookSettings);
process.exit(await runUntilStopped({ log }, (signal) => runWebhook(settings, log, signal, JSON.parse(process.argv[2] ?? ""))));
