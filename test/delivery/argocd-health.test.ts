// What Argo CD's own judge of health makes of every state of a PodNetwork, by the script that it is given.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { parse } from "yaml";
import { podNetworkReasons } from "../../crds/conditions.ts";
import { runOrThrow } from "../../lab/run-command.ts";
import { provideBinaries } from "../../tools/binaries.ts";
import { quietProgress } from "../../tools/progress.ts";

const file = join(import.meta.dirname, "../../deploy/argocd/argocd-cm.yaml");
const { data }: { readonly data: Readonly<Record<string, string>> } = parse(readFileSync(file, "utf8"));

let program: string;
before(async () => void ({ "argocd-resource-health": program } = await provideBinaries(["argocd"], quietProgress())));

/** What is said of each object, e.g. `"Degraded RangeExhausted: why"`. */
async function judge(kind: string, objects: readonly object[]): Promise<string[]> {
  const script = data[`resource.customizations.health.${kind}`] ?? assert.fail(`there is no script for ${kind}`);
  const stdin = objects.map((object) => JSON.stringify(object)).join("\n");
  const lines = (await runOrThrow([program, script], { stdin, timeoutMs: 30_000 })).trim().split("\n");
  return lines.map((line) => {
    const { status, message }: { readonly status: string; readonly message?: string } = JSON.parse(line);
    return `${status} ${message ?? ""}`.trim();
  });
}

type Says = Partial<Record<"Ready" | "Reconciling" | "Stalled", readonly [status: string, reason: string]>>;

/** A network of generation 2 with these conditions, each with the message `why`. */
function network(says: Says, observedGeneration = 2): object {
  const conditions = Object.entries(says).map(([type, [status, reason]]) => ({ type, status, reason, message: "why" }));
  return { metadata: { name: "default", generation: 2 }, status: { observedGeneration, conditions } };
}

const settled: Says = { Reconciling: ["False", "Settled"], Stalled: ["False", "NotStalled"] };
const ready: Says = { ...settled, Ready: ["True", "Ready"] };
const judgeNetworks = (...networks: readonly object[]) => judge("podnet.dev_PodNetwork", networks);

test("a network is Progressing until the operator has judged what stands in Git now", async () => {
  const unseen = "Progressing the operator has yet to judge this generation";
  const bare = { metadata: { name: "default", generation: 2 } };
  const objects = [
    bare,
    { ...bare, status: { observedGeneration: 0 } },
    network(ready, 1),
    network({ ...settled, Stalled: ["True", "RangeExhausted"] }, 1),
  ];
  assert.deepEqual(
    await judgeNetworks(...objects),
    objects.map(() => unseen),
  );
});

test("a network that is Ready and settled is Healthy, also one without nodes", async () => {
  assert.deepEqual(await judgeNetworks(network(ready), network({ ...settled, Ready: ["True", "NoNodes"] })), [
    "Healthy why",
    "Healthy why",
  ]);
});

test("a network that is Ready and rolls is Progressing, whatever it is that goes on", async () => {
  const reasons = podNetworkReasons.Reconciling.filter((reason) => reason !== "Settled");
  const said = await judgeNetworks(...reasons.map((reason) => network({ ...ready, Reconciling: ["True", reason] })));
  assert.deepEqual(
    said,
    reasons.map((reason) => `Progressing ${reason}: why`),
  );
});

test("a network that is stalled is Degraded with the reason, whatever else is said", async () => {
  const reasons = podNetworkReasons.Stalled.filter((reason) => reason !== "NotStalled");
  for (const other of [
    ready,
    { ...settled, Reconciling: ["True", "Draining"], Ready: ["False", "Programming"] } satisfies Says,
  ]) {
    const said = await judgeNetworks(...reasons.map((reason) => network({ ...other, Stalled: ["True", reason] })));
    assert.deepEqual(
      said,
      reasons.map((reason) => `Degraded ${reason}: why`),
    );
  }
});

test("a network that is not Ready is Degraded with the reason, unless that passes by itself", async () => {
  const passing = ["Terminating", "Accepting", "RangeInUse", "Allocating", "Recovering", "Programming"];
  const reasons = podNetworkReasons.Ready.filter((reason) => reason !== "Ready" && reason !== "NoNodes");
  const said = await judgeNetworks(...reasons.map((reason) => network({ ...settled, Ready: ["False", reason] })));
  assert.deepEqual(
    said,
    reasons.map((reason) => `${passing.includes(reason) ? "Progressing" : "Degraded"} ${reason}: why`),
  );
  assert.deepEqual(await judgeNetworks(network({ ...settled, Ready: ["Unknown", "NodesSilent"] })), [
    "Degraded NodesSilent: why",
  ]);
});

test("an Application that another one made is as healthy as it says itself, and Progressing before it says anything", async () => {
  const application = (status?: object) => ({ metadata: { name: "fresh-podnet" }, ...(status && { status }) });
  const objects = [
    application(),
    application({}),
    application({ health: { status: "Missing" } }),
    application({ health: { status: "Degraded" } }),
    application({ health: { status: "Healthy" } }),
  ];
  assert.deepEqual(await judge("argoproj.io_Application", objects), [
    "Progressing it was not compared yet",
    "Progressing it was not compared yet",
    "Progressing its objects are not there yet",
    "Degraded",
    "Healthy",
  ]);
});
