import { createLog, type Log, type LogLevel } from "../lib/daemon/log.ts";
import { choice, readSettings, SettingsError, type SettingTable, type SettingValues } from "../lib/daemon/settings.ts";
import { runUntilStopped } from "../lib/daemon/stop.ts";

export type StageName = "operator" | "webhook" | "agent";

/** What every stage is told about its log. */
export const logSettings = {
  logLevel: choice({
    env: "PODNET_LOG_LEVEL",
    fallback: "info",
    of: ["error", "warn", "info", "debug", "trace"],
    help: "The least serious messages that are logged.",
  }),
} satisfies SettingTable;

/** Runs a stage with settings from the environment until it is stopped; gives the exit code. Only that stage's code is loaded. */
export async function startedStage(name: StageName): Promise<number> {
  switch (name) {
    case "operator": {
      const { operatorSettings, runOperator } = await import("../operator/main.ts");
      return run(name, operatorSettings, runOperator);
    }
    case "webhook": {
      const { webhookSettings, runWebhook } = await import("../webhooks/main.ts");
      return run(name, webhookSettings, runWebhook);
    }
    case "agent": {
      const { agentSettings, runAgent } = await import("../node-agent/main.ts");
      return run(name, agentSettings, runAgent);
    }
  }
}

async function run<T extends SettingTable>(
  component: StageName,
  table: T,
  main: (settings: SettingValues<T>, log: Log, signal: AbortSignal) => Promise<void>,
): Promise<number> {
  let settings: SettingValues<T>;
  let level: LogLevel;
  try {
    settings = readSettings(table);
    level = readSettings(logSettings).logLevel;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`podnet ${component}: ${error.message}\n`);
    return 2;
  }
  const log = createLog({ component, level });
  return runUntilStopped({ log }, (signal) => main(settings, log, signal));
}
