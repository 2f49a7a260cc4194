// Several webhooks behind one Service, on a real API server, while certificates that live for seconds are renewed and replicas are replaced.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { podNetworkResource } from "../../crds/names.ts";
import type { PodNetwork } from "../../crds/types.ts";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { installManifests } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { clusterRoles, secrets, validatingWebhookConfigurations } from "../../lib/kube/builtin.ts";
import { connect, type KubeClient } from "../../lib/kube/client.ts";
import type { Resource } from "../../lib/kube/resource.ts";
import { labName } from "../support/lab-name.ts";
import { mistakesIn } from "../support/log-mistakes.ts";
import { podNetworkOf } from "../support/network-sample.ts";
import { notYet } from "../../webhooks/plan/registration.ts";
import { type Replica, startReplica, startService } from "../support/webhook-replicas.ts";
import {
  certificateSecret,
  shortLives,
  startHandshakes,
  startLoad,
  untilAsked,
  untilRenewed,
} from "../support/webhook-rotation.ts";

const podNetworks: Resource<PodNetwork> = podNetworkResource;

let lab: Lab;
let client: KubeClient;
let replicas: Replica[];

before(async () => {
  lab = await startLab(noNodes(labName("webhook-rotation")));
  client = await connect({ access: { from: "kubeconfig", path: lab.kubeconfig }, userAgent: "podnet-test" });
  await installManifests(lab);
  const { code, stderr } = await lab.kubectl(["delete", "validatingadmissionpolicybinding", "podnet-no-overlap"]);
  assert.equal(code, 0, stderr);
  replicas = await Promise.all([startReplica(lab, 0, shortLives), startReplica(lab, 1, shortLives)]);
});
after(async () => {
  await client?.close();
  await lab?.stop();
});

test("replicas that no Service knows of are ready and not asked, so that networks are taken; then they are asked, and go with their role", async () => {
  const early = await client.get(validatingWebhookConfigurations, "podnet");
  assert.deepEqual(
    early?.webhooks?.map(({ matchConditions }) => matchConditions?.[0]),
    [notYet, notYet],
  );
  await client.create(podNetworks, podNetworkOf("first", ["10.250.0.0/16"]));
  await startService(lab);
  await untilAsked(client);
  const registration = await client.get(validatingWebhookConfigurations, "podnet");
  const [owner] = registration?.metadata.ownerReferences ?? [];
  assert.deepEqual([owner?.kind, owner?.name], ["ClusterRole", "podnet-webhook"]);
  assert.equal(owner?.uid, (await client.get(clusterRoles, "podnet-webhook"))?.metadata.uid);
});

/** True where a write was refused in these words, or, for none, was not refused. */
async function said(write: Promise<unknown>, words: string): Promise<true | undefined> {
  const text = await write.then(
    () => "",
    (error: unknown) => String(error),
  );
  return (words === "" ? text === "" : text.includes(words)) || undefined;
}

/** A second, so that other tests have the processors, too. */
const requests = 66;

test("while leaves and authorities are renewed and replicas replaced under load, no request is refused and no handshake fails", async () => {
  const handshakes = startHandshakes(lab);
  const load = startLoad(client, requests);
  await untilRenewed(client, { leaves: 4, authorities: 3 });
  for (const number of [0, 1]) {
    await replicas[number]?.process.stop();
    replicas[number] = await startReplica(lab, number, shortLives);
  }
  await untilRenewed(client, { leaves: 3, authorities: 2 });
  const { answers, refusals } = await load.end();
  const { total, byLeaf, failures } = await handshakes.end();
  assert.deepEqual(refusals, []);
  assert.deepEqual(failures, []);
  assert.ok(answers > 500 && total > 500, `${answers} answers, ${total} handshakes`);
  // The newest one may not be served yet.
  assert.ok(byLeaf.length >= 5, `handshakes with each leaf: ${byLeaf.join(", ")}`);
});

test("a registration that somebody changes or deletes is restored within seconds", async () => {
  const registered = async () => (await client.get(validatingWebhookConfigurations, "podnet"))?.webhooks ?? [];
  const isWhole = async () => {
    const webhooks = await registered();
    return (
      (webhooks.length === 2 && webhooks.every(({ clientConfig }) => (clientConfig.caBundle ?? "").length > 100)) || undefined
    );
  };
  const change = [
    () =>
      client.patch(validatingWebhookConfigurations, "podnet", [{ op: "remove", path: "/webhooks/0/clientConfig/caBundle" }], {
        type: "json",
      }),
    () => client.patch(validatingWebhookConfigurations, "podnet", [{ op: "remove", path: "/webhooks/1" }], { type: "json" }),
    () => client.patch(validatingWebhookConfigurations, "podnet", { webhooks: [] }, { type: "merge" }),
    () => client.delete(validatingWebhookConfigurations, "podnet"),
  ];
  for (const undo of change) {
    await undo();
    await waitUntil("the registration to be whole again", 10_000, isWhole);
  }
});

test("a Secret that somebody deletes or damages is mended, and the API server accepts what is served then", async () => {
  const earlier = (await client.get(secrets, certificateSecret))?.data?.["tls.crt"];
  await client.patch(
    secrets,
    certificateSecret,
    { data: { "tls.key": "bm9uc2Vuc2U=", "ca.key": "bm9uc2Vuc2U=" } },
    { type: "merge" },
  );
  await waitUntil("another certificate", 20_000, async () => {
    const data = (await client.get(secrets, certificateSecret))?.data ?? {};
    return (data["tls.key"] !== "bm9uc2Vuc2U=" && data["ca.key"] !== "bm9uc2Vuc2U=" && data["tls.crt"] !== earlier) || undefined;
  });
  await client.delete(secrets, certificateSecret);
  await waitUntil("a new Secret that both replicas serve", 30_000, async () => {
    const states = await Promise.all(replicas.map((replica) => replica.ready()));
    return ((await client.get(secrets, certificateSecret)) !== undefined && states.every(({ ok }) => ok)) || undefined;
  });
  await waitUntil("a network to be accepted", 20_000, async () => {
    const write = client.create(podNetworks, podNetworkOf("afterwards", ["10.99.0.0/16"]), { dryRun: true });
    return said(write, "");
  });
});

/** Gives the webhook's account its rights back. */
async function withoutUpdate(): Promise<() => Promise<void>> {
  const { stdout } = await lab.kubectl(["get", "clusterrole", "podnet-webhook", "--output=json"]);
  const { metadata, ...role } = JSON.parse(stdout);
  const write = async (rules: unknown) => {
    const stdin = JSON.stringify({ ...role, metadata: { name: metadata.name }, rules });
    const { code, stderr } = await lab.kubectl(["replace", "-f", "-"], { stdin });
    assert.equal(code, 0, stderr);
  };
  const less = role.rules.map((rule: { verbs: string[] }) => ({
    ...rule,
    verbs: rule.verbs.filter((verb) => verb !== "update"),
  }));
  await write(less);
  return () => write(role.rules);
}

test("a replica whose certificate the API server would refuse is not ready and says why, until that is put right", async () => {
  const giveBack = await withoutUpdate();
  const op = { op: "remove", path: "/webhooks/0/clientConfig/caBundle" };
  // The rights are taken away a moment later; until then the registration is restored.
  await waitUntil("both replicas to be red", 30_000, async () => {
    await client.patch(validatingWebhookConfigurations, "podnet", [op], { type: "json" }).catch(() => undefined);
    const states = await Promise.all(replicas.map((replica) => replica.ready()));
    return (
      states.every(({ page }) => page.includes("podnetworks.podnet.dev: the registered caBundle lacks the authority")) ||
      undefined
    );
  });
  await giveBack();
  await waitUntil("both replicas to be green", 30_000, async () => {
    const states = await Promise.all(replicas.map((replica) => replica.ready()));
    return states.every(({ ok }) => ok) || undefined;
  });
});

test("its metrics tell decisions by code, how long they took, how old the index is and when the certificate ends", async () => {
  const [replica] = replicas;
  assert.ok(replica);
  const text = await replica.metrics();
  const value = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? Number.NaN);
  assert.ok(value(/^podnet_webhook_decisions_total\{code="allowed",.*\} (\S+)$/m) > 0, text);
  assert.ok(value(/^podnet_webhook_review_seconds_count\{.*\} (\S+)$/m) > 0);
  assert.ok(value(/^podnet_webhook_index_stale_seconds\{.*\} (\S+)$/m) < 130);
  const ends = value(/^podnet_webhook_certificate_not_after_timestamp_seconds\{.*\} (\S+)$/m) * 1000;
  assert.ok(ends > Date.now() - shortLives.leafMs && ends < Date.now() + 2 * shortLives.leafMs, String(ends));
});

test("nothing in their logs tells of a mistake in them", async () => {
  for (const { process } of replicas) assert.deepEqual(mistakesIn(await readFile(process.logFile, "utf8")), []);
});
