import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Service } from "../../lab/node/service.ts";
import { installManifests, startWebhook } from "../../lab/podnet/start-podnet.ts";
import { askHealth } from "../../lab/podnet/health.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { webhookMetrics } from "../../webhooks/metrics.ts";
import { labName } from "../support/lab-name.ts";
import { assertServes } from "../support/metric-page.ts";
import { succeed } from "../support/succeed.ts";

let lab: Lab;
let webhook: Service;

before(async () => {
  lab = await startLab(noNodes(labName("contract-webhook")));
  await installManifests(lab);
  // The webhook alone is to be seen here; the policy says the same in other words.
  await must(["delete", "validatingadmissionpolicybinding", "podnet-no-overlap"]);
  webhook = await startWebhook(lab);
  await must(["create", "-f", "-"], network("first", ["10.244.0.0/16"]));
});
after(() => lab?.stop());

function network(name: string, cidrs: readonly string[], extra: object = {}): string {
  const ranges = cidrs.map((cidr) => ({ cidr, nodePrefixLength: cidr.includes(":") ? 64 : 24 }));
  return JSON.stringify({
    apiVersion: "podnet.dev/v1alpha1",
    kind: "PodNetwork",
    metadata: { name },
    spec: { ranges, ...extra },
  });
}

const must = (args: readonly string[], stdin = "") => succeed(lab.kubectl(args, { stdin }));

async function refused(stdin: string, verb = "create"): Promise<string> {
  const { code, stderr } = await lab.kubectl([verb, "-f", "-"], { stdin });
  assert.notEqual(code, 0, "the API server accepted it");
  return stderr;
}

/** Asks until the webhook is the one that answers: a registration takes a moment to be noticed. */
async function untilRefusedByWebhook(stdin: string): Promise<string> {
  return waitUntil("a refusal by the webhook", 20_000, async () => {
    const { stderr } = await lab.kubectl(["create", "--dry-run=server", "-f", "-"], { stdin });
    return stderr.includes("choose a range that is free") ? stderr : undefined;
  });
}

test("an overlapping network is refused, and the message names both ranges, the other network and the remedy", async () => {
  const message = await untilRefusedByWebhook(network("second", ["10.244.128.0/17"]));
  for (const part of ["spec.ranges[0].cidr", "10.244.128.0/17", "10.244.0.0/16", "PodNetwork/first", "choose"])
    assert.ok(message.includes(part), `${part} is missing in: ${message}`);
});

test("a network beside the others is accepted, and a range that it gains later is judged", async () => {
  await must(["create", "-f", "-"], network("beside", ["10.245.0.0/16"]));
  assert.match(await refused(network("beside", ["10.245.0.0/16", "10.240.0.0/13"]), "replace"), /10\.240\.0\.0\/13/);
  await must(["replace", "-f", "-"], network("beside", ["10.245.0.0/16", "fd00:10:245::/48"]));
});

test("its metrics are those of its table, and tell that its certificate is accepted", async () => {
  const { stdout } = await askHealth(lab.host("control-plane"), "http://127.0.0.1:9444/metrics");
  assertServes(stdout, webhookMetrics);
  assert.match(stdout, /^podnet_webhook_certificate_accepted\{component="webhook"\} 1$/m);
  assert.match(stdout, /^podnet_webhook_decisions_total\{code="allowed",component="webhook"\} [1-9]/m);
});

test("while the webhook is gone, networks are refused with a clear message, and everything else goes on", async () => {
  await webhook.kill();
  assert.match(await refused(network("late", ["10.250.0.0/16"])), /failed calling webhook "podnetworks\.podnet\.dev"/);
  await must(["create", "configmap", "unconcerned"]);
  await must(["label", "podnetwork", "first", "still=labelled"]);
  await must(["delete", "podnetwork", "beside", "--timeout=20s"]);
  await webhook.start();
  await untilRefusedByWebhook(network("second", ["10.244.0.0/24"]));
});

test("a network that came to overlap while nobody judged can be shrunk and deleted", async () => {
  const registration = await must(["get", "validatingwebhookconfiguration", "podnet", "--output=json"]);
  await webhook.stop();
  await must(["delete", "validatingwebhookconfiguration", "podnet"]);
  await waitUntil("networks to be accepted unjudged", 20_000, async () => {
    const { code } = await lab.kubectl(["create", "-f", "-"], { stdin: network("loser", ["10.244.0.0/16", "10.251.0.0/16"]) });
    return code === 0 || undefined;
  });
  await webhook.start();
  const renewed = await must(["get", "validatingwebhookconfiguration", "podnet", "--output=json"]);
  const bundle = (text: string): string => JSON.parse(text).webhooks[0].clientConfig.caBundle;
  assert.equal(bundle(renewed), bundle(registration), "a restart keeps the authority");
  await untilRefusedByWebhook(network("second", ["10.244.0.0/24"]));
  await must(["patch", "podnetwork", "loser", "--type=merge", "--patch", '{"spec":{"masquerade":{"enabled":false}}}']);
  await must(["replace", "-f", "-"], network("loser", ["10.251.0.0/16"]));
  await must(["delete", "podnetwork", "loser", "--timeout=20s"]);
});
