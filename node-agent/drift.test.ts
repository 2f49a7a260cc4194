import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeNetwork, NodeNetworkStatus } from "../crds/types.ts";
import { createLog } from "../lib/daemon/log.ts";
import { createMetrics } from "../lib/daemon/metrics.ts";
import type { KindOutcome } from "../lib/linux/stage.ts";
import { createFakeClock } from "../test/support/fake-clock.ts";
import { ownSpec } from "../test/support/node-view.ts";
import { agentMetrics } from "./metrics.ts";
import { createChanges } from "./changes.ts";
import { nothingDone } from "./plan/own-doing.ts";
import { createDriftWatch } from "./drift.ts";

/** A watch of drift, its clock, and the warnings that it gave. */
function bench() {
  const clock = createFakeClock();
  const metrics = createMetrics({ component: "agent", table: agentMetrics });
  const warnings: string[] = [];
  const log = createLog({ component: "agent", level: "warn", write: (line) => warnings.push(line) });
  const wallClock = () => Date.parse("2026-01-01T00:00:00Z") + clock.now();
  return { clock, metrics, warnings, drift: createDriftWatch({ log, metrics, clock, wallClock }) };
}

const item = { prefix: "10.244.2.0/24" };

/** A run that wants one thing of a kind, and found it right or missing. */
function run(isMissing: boolean, kind = "route") {
  const step = { op: "add", kind, key: item.prefix, because: "missing", want: item } as const;
  const outcome: KindOutcome = { kind, steps: isMissing ? [step] : [], errors: [], wanted: new Map([[item.prefix, item]]) };
  return { outcome: undefined, kinds: [outcome], unreadable: [] };
}

const nobody = { changedMs: undefined, unheardMs: () => undefined };

function stored(status?: NodeNetworkStatus): NodeNetwork {
  return {
    apiVersion: "podnet.dev/v1alpha1",
    kind: "NodeNetwork",
    metadata: { name: "node-1" },
    spec: ownSpec(),
    ...(status && { status }),
  };
}

test("what was put right is counted on from what stands in the API at first sight, whatever comes to stand there", () => {
  const { drift } = bench();
  drift.note(run(true), undefined, nobody);
  assert.equal(drift.note(run(true), undefined, nobody).repairsTotal, 1, "the API server was not heard yet");
  assert.equal(drift.note(run(true), stored({ drift: { repairsTotal: 40 } }), nobody).repairsTotal, 42);
  assert.equal(drift.note(run(true), stored({ drift: { repairsTotal: 7 } }), nobody).repairsTotal, 43);
  assert.equal(drift.note(run(true), stored(), nobody).repairsTotal, 44, "it was made anew");
});

test("how long it was wrong is counted from the first word of the kernel, or from the last look where there was none; of settings from when they were seen right", async () => {
  const { drift, clock } = bench();
  drift.note(run(false), stored(), nobody);
  await clock.advance(1_000);
  drift.begin();
  await clock.advance(40);
  const last = drift.note(run(true), stored(), { changedMs: 990, unheardMs: () => undefined }).last;
  assert.deepEqual(last, { kind: "route", key: item.prefix, because: "missing", at: "2026-01-01T00:00:01Z", wrongMs: 50 });
  await clock.advance(500);
  assert.equal(drift.note(run(true), stored(), nobody).last?.wrongMs, 500);
  drift.note(run(false, "sysctl"), stored(), nobody);
  await clock.advance(900);
  assert.equal(
    drift.note(run(true, "sysctl"), stored(), { changedMs: clock.now() - 1, unheardMs: () => clock.now() - 700 }).last?.wrongMs,
    700,
  );
});

test("people are warned of the first repair and then once a minute at most, and once of a quarrel; all are counted", async () => {
  const { drift, clock, metrics, warnings } = bench();
  drift.note(run(false), stored(), nobody);
  for (let n = 0; n < 30; n++) {
    drift.note(run(true), stored(), nobody);
    await clock.advance(5_000);
  }
  const told = warnings.map((line) => {
    const { message, key, detail } = JSON.parse(line) as { message: string; key: string; detail?: { repairs: number } };
    return [message, key, detail?.repairs].filter((part) => part !== undefined).join("; ");
  });
  assert.deepEqual(told, [
    "somebody else's change was undone; 10.244.2.0/24; 1",
    "somebody keeps undoing what is set up here; see DriftContended of the NodeNetwork; 10.244.2.0/24",
    "somebody else's change was undone; 10.244.2.0/24; 12",
    "somebody else's change was undone; 10.244.2.0/24; 12",
  ]);
  assert.match(await metrics.text(), /podnet_agent_drift_repairs_total\{kind="route",component="agent"\} 30/);
});

test("of what somebody keeps undoing a look is taken once a second, for all that is told of it meanwhile; of anything else at once", async () => {
  const { drift, clock } = bench();
  const looks: string[] = [];
  const stop = new AbortController();
  const changes = createChanges((line) => looks.push(`${clock.now()} ${line}`), drift, clock, stop.signal);
  for (let n = 0; n < 6; n++) drift.note(run(n > 0), stored(), nobody);
  changes.note("Deleted 10.244.2.0/24");
  changes.note("Deleted 10.244.2.0/24 again");
  changes.note("Deleted 10.244.3.0/24");
  assert.deepEqual(looks, ["0 Deleted 10.244.3.0/24"]);
  await clock.advance(2_000);
  assert.deepEqual(looks.slice(1), ["1000 Deleted 10.244.2.0/24"]);
  assert.equal(changes.begin(), 0);
  changes.end(nothingDone);
  assert.equal(changes.begin(), undefined);
  changes.end(nothingDone);
  drift.note(run(true), stored(), nobody);
  changes.note("Deleted 10.244.2.0/24");
  stop.abort();
  assert.equal(clock.pending(), 0);
});

test("what a look did itself is looked at a moment later, once; anything else that is told meanwhile as soon as it is over", async () => {
  const { drift, clock } = bench();
  const looks: string[] = [];
  const stop = new AbortController();
  const changes = createChanges((line) => looks.push(`${clock.now()} ${line}`), drift, clock, stop.signal);
  const done = { made: [["10.244.2.0/24"], ["cni0", "10.244.1.1"]], removed: [["10.244.9.0/24"]] };
  const own = [
    "[ROUTE]10.244.2.0/24 nhid 7 via 192.168.1.12 dev eth0 proto 244",
    "[ADDR]4: cni0    inet 10.244.1.1/24 scope global cni0",
    "[ROUTE]Deleted 10.244.9.0/24 nhid 9 via 192.168.1.19 dev eth0 proto 244",
  ];
  changes.begin();
  await clock.advance(10);
  for (const line of own) changes.note(line);
  await clock.advance(5);
  changes.end(done);
  changes.note(own[0] ?? "");
  await clock.advance(200);
  assert.deepEqual(looks, []);
  await clock.advance(2_000);
  assert.deepEqual(looks, [`265 ${own[0]}`]);
  assert.equal(changes.begin(), undefined, "nothing was wrong");
  const foreign = [
    "[ROUTE]Deleted 10.244.2.0/24 nhid 7 via 192.168.1.12 dev eth0 proto 244",
    "[ROUTE]10.244.3.0/24 via 192.168.1.9",
  ];
  for (const line of foreign) changes.note(line);
  assert.equal(looks.length, 1, "not before the look is over");
  changes.end(done);
  assert.deepEqual(
    looks.slice(1),
    foreign.map((line) => `${clock.now()} ${line}`),
  );
  await clock.advance(100);
  changes.note(own[0] ?? "");
  assert.equal(looks.length, 4, "too late to be the echo of it");
  stop.abort();
  assert.equal(clock.pending(), 0);
});
