// Down means harmless: whatever becomes of the webhook while it is registered, nothing but specs of PodNetworks waits for it; and without it nothing overlaps.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import type { LabProcess } from "../../lab/host.ts";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { installManifests } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { type ValidatingWebhookConfiguration, validatingWebhookConfigurations } from "../../lib/kube/builtin.ts";
import { issueChain } from "../../webhooks/certificates.ts";
import { renderRegistration } from "../../webhooks/plan/registration.ts";
import { usualLives } from "../../webhooks/plan/renewal.ts";
import { assertDisjoint } from "../support/disjoint.ts";
import { labName } from "../support/lab-name.ts";
import { type OperatorProcess, startOperatorProcess } from "../support/operator-process.ts";
import { type OperatorWorld, operatorWorld } from "../support/operator-world.ts";
import { succeed } from "../support/succeed.ts";

const port = 9_443;
const served = { served: "yes" };
const day = 24 * 3600_000;

let lab: Lab;
let world: OperatorWorld;
let operator: OperatorProcess;
let address: string;
let faulty: LabProcess | undefined;

/** What is wrong, how it comes about, and what the API server then says to whoever writes a spec. */
interface Fault {
  readonly name: string;
  /** How the thing behind the registration answers; undefined: nothing is there. */
  readonly answers: string | undefined;
  readonly issuedAgoMs?: number;
  readonly wrongBundle?: true;
  readonly says: RegExp;
}

const faults: readonly Fault[] = [
  { name: "gone", answers: undefined, says: /connect: connection refused/ },
  { name: "too slow", answers: "slow", says: /context deadline exceeded/ },
  {
    name: "there with an expired certificate",
    answers: "fails",
    issuedAgoMs: 100 * day,
    says: /x509: certificate has expired or is not yet valid/,
  },
  {
    name: "registered with a wrong caBundle",
    answers: "fails",
    wrongBundle: true,
    says: /x509: certificate signed by unknown authority/,
  },
  { name: "answering HTTP 500", answers: "fails", says: /broken on purpose/ },
  { name: "answering what is no JSON", answers: "garbage", says: /couldn't get version\/kind; json parse error/ },
  {
    name: "answering JSON that is no review",
    answers: "empty",
    says: /received invalid webhook response: webhook response was absent/,
  },
  { name: "cutting connections", answers: "cuts", says: /EOF|connection reset/ },
];

before(async () => {
  lab = await startLab(noNodes(labName("webhook-down")));
  [address = ""] = lab.host("control-plane").addresses;
  world = await operatorWorld(lab, { patienceMs: 60_000, everyMs: 250 });
  await installManifests(lab);
  // What a controller would make, were there one.
  await must(["create", "serviceaccount", "default"]);
  operator = await startOperatorProcess(lab);
  await world.createNetwork("standing", {
    ranges: [{ cidr: "10.244.0.0/16", nodePrefixLength: 24 }],
    nodeSelector: { matchLabels: served },
  });
  for (const index of faults.keys()) {
    await world.createNetwork(leaving(index), {
      ranges: [{ cidr: `10.${100 + index}.0.0/16`, nodePrefixLength: 24 }],
      nodeSelector: { matchLabels: { nobody: "here" } },
    });
  }
  for (const name of ["standing", ...[...faults.keys()].map(leaving)])
    await world.until(`${name} to be accepted`, async () => (await world.condition(name, "Accepted")).includes("True/Accepted"));
});
afterEach(async () => {
  await faulty?.kill();
  faulty = undefined;
  await world.client.delete(validatingWebhookConfigurations, "podnet");
});
after(async () => {
  await operator?.stop();
  await world?.close();
  await lab?.stop();
});

function leaving(index: number): string {
  return `leaving-${index}`;
}

function manifest(name: string, cidr: string): string {
  const ranges = [{ cidr, nodePrefixLength: 24 }];
  return JSON.stringify({ apiVersion: "podnet.dev/v1alpha1", kind: "PodNetwork", metadata: { name }, spec: { ranges } });
}

const must = (args: readonly string[], stdin = "") => succeed(lab.kubectl(args, { stdin }));

/** What kubectl printed; empty where the write was accepted. */
async function refusal(verb: string, stdin: string): Promise<string> {
  const { code, stderr } = await lab.kubectl([verb, "-f", "-"], { stdin });
  return code === 0 ? "" : stderr;
}

/** Registers a webhook that is broken in this way, and starts what stands behind it. */
async function breakWebhook(index: number, { answers, issuedAgoMs = 0, wrongBundle }: Fault): Promise<void> {
  const issue = { names: [address], now: new Date(Date.now() - issuedAgoMs), lives: usualLives };
  const [chain, other] = [await issueChain(issue), await issueChain(issue)];
  const endpoint = { by: "url", host: address, port } as const;
  const { authorities } = wrongBundle === true ? other : chain;
  const registration: ValidatingWebhookConfiguration = renderRegistration(endpoint, authorities);
  await world.client.create(validatingWebhookConfigurations, registration);
  if (answers === undefined) return;
  const [certificate, key] = [join(lab.directory, `faulty-${index}.crt`), join(lab.directory, `faulty-${index}.key`)];
  await writeFile(certificate, chain.certificate);
  await writeFile(key, chain.key);
  const program = join(import.meta.dirname, "../support/faulty-webhook.ts");
  faulty = lab
    .host("control-plane")
    .start(`faulty-${index}`, [process.execPath, program, address, String(port), certificate, key, answers]);
}

/** Everything else that a cluster writes all day. */
async function writeTheRest(index: number): Promise<void> {
  const meta = (kind: string) => ({ name: `${kind}-${index}`, namespace: "default" });
  const pod = { metadata: meta("pod"), spec: { nodeName: "node-1", containers: [{ name: "c", image: "none" }] } };
  const lease = { metadata: meta("lease"), spec: { holderIdentity: "somebody", leaseDurationSeconds: 10 } };
  const objects = [
    { apiVersion: "v1", kind: "Pod", ...pod },
    { apiVersion: "coordination.k8s.io/v1", kind: "Lease", ...lease },
    { apiVersion: "v1", kind: "ConfigMap", metadata: meta("config"), data: { a: "b" } },
    { apiVersion: "v1", kind: "Node", metadata: { name: `bystander-${index}` } },
  ];
  for (const object of objects) await must(["create", "-f", "-"], JSON.stringify(object));
  const conditions = [{ type: "Ready", status: "True", reason: "Tried", message: "by hand" }];
  const patch = `--patch=${JSON.stringify({ status: { conditions } })}`;
  await must(["patch", "node", `bystander-${index}`, "--subresource=status", "--type=strategic", patch]);
  await must(["label", "podnetwork", "standing", `seen-${index}=yes`]);
  await must(["delete", "node", `bystander-${index}`]);
}

for (const [index, fault] of faults.entries())
  test(`with a webhook ${fault.name}, specs are refused with the reason, and nothing else waits`, async () => {
    await breakWebhook(index, fault);
    const printed = await world.until(`the API server to say ${fault.says.source}`, async () => {
      const text = await refusal("create", manifest("late", `10.${200 + index}.0.0/16`));
      if (text === "") await must(["delete", "podnetwork", "late", "--ignore-not-found"]);
      return fault.says.test(text) && text;
    });
    assert.match(printed, /failed calling webhook "podnetworks\.podnet\.dev"/);
    await writeTheRest(index);
    const selected = (await world.network("standing"))?.status?.nodes?.selected;
    await world.createNodes(index + 1, index + 1, { labels: served });
    await world.until("a new node's subnet", async () =>
      (await world.owners()).some((owner) => owner.startsWith(`node-${index + 1} 10.244.`)),
    );
    await world.until(
      "the operator's status",
      async () => (await world.network("standing"))?.status?.nodes?.selected !== selected,
    );
    assert.ok(((await world.network(leaving(index)))?.metadata.finalizers ?? []).length > 0);
    await must(["delete", "podnetwork", leaving(index), "--timeout=50s"]);
    assert.equal(await world.network("late"), undefined);
  });

test("without a webhook the policy refuses a network that overlaps", async () => {
  await world.until(
    "networks to be accepted again",
    async () => (await refusal("create", manifest("apart", "10.90.0.0/16"))) === "",
  );
  assert.match(
    await refusal("create", manifest("second", "10.244.128.0/17")),
    /podnet-no-overlap.*10\.244\.128\.0\/17 overlap PodNetwork\/standing/s,
  );
});

test("without policies too, the ledger lets nothing overlap: the newcomer is created, and not accepted", async () => {
  await must(["delete", "validatingadmissionpolicybinding", "podnet-no-overlap"]);
  await world.until("the policy to be gone", async () => (await refusal("create", manifest("second", "10.244.128.0/17"))) === "");
  await world.until("the refusal by the ledger", async () =>
    (await world.condition("second", "Accepted")).includes("False/OverlapsWith"),
  );
  const entries = (await world.ledger())?.spec.entries ?? [];
  assertDisjoint(
    "the ledger",
    entries.map(({ cidr, network }) => ({ cidr, owner: network })),
  );
  assert.deepEqual(
    entries.filter(({ network }) => network === "second"),
    [],
  );
  const text = await world.condition("second", "Accepted");
  for (const part of ["10.244.128.0/17", "10.244.0.0/16", "standing"]) assert.ok(text.includes(part), text);
});
