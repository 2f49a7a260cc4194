import assert from "node:assert/strict";
import { test } from "node:test";
import { renderTime } from "../crds/conditions.ts";
import { silenceMs } from "../crds/heartbeat.ts";
import { createFakeClock } from "../test/support/fake-clock.ts";
import { bornAtMs, claim, networkOf } from "../test/support/plan-snapshot.ts";
import { nodeOf, reportAt, worldOf } from "../test/support/status-world.ts";
import { allocate } from "./plan/allocate.ts";
import { nodeStates } from "./plan/node-states.ts";
import type { Snapshot } from "./plan/snapshot.ts";
import { createSightings } from "./sightings.ts";

const hourMs = 3_600_000;
const windowMs = silenceMs(60, 1);
const network = networkOf("default", ["10.244.0.0/16"]);

/** One node whose agent says that its clock shows this. */
function saying(agentMs: number): Snapshot {
  return worldOf(network, [nodeOf(1, "True")], { "node-1": reportAt(agentMs) });
}

/** An operator that looks, at the pace of its own clock, whose wall clock stands at `bornAt` when it starts. */
function operator() {
  const clock = createFakeClock();
  const began = clock.now();
  const sightings = createSightings(clock);
  return {
    sightings,
    wait: (ms: number) => clock.advance(ms),
    look: (snapshot: Snapshot) => sightings.look(snapshot),
    /** What it says of the node. */
    judge: (snapshot: Snapshot) => {
      const input = { nowMs: bornAtMs + clock.now() - began, heartbeatSeconds: 60, sightings };
      return nodeStates(snapshot, allocate(snapshot), input).get("node-1")?.progress;
    },
  };
}

for (const [which, skewMs] of [["behind", -hourMs] as const, ["ahead", hourMs] as const])
  test(`an agent whose clock is an hour ${which} is heard as long as it says something new, and silent once it does not`, async () => {
    const { wait, look, judge } = operator();
    let snapshot = saying(bornAtMs + skewMs);
    look(snapshot);
    for (let beats = 1; beats <= 10; beats += 1) {
      await wait(60_000);
      snapshot = saying(bornAtMs + skewMs + beats * 60_000);
      // One that comes while a pass is going on, after its look, counts like any other.
      assert.equal(judge(snapshot), "programmed", `${beats}`);
      look(snapshot);
      assert.equal(judge(snapshot), "programmed", `${beats}`);
    }
    await wait(windowMs - 1_000);
    look(snapshot);
    assert.equal(judge(snapshot), "programmed");
    await wait(2_000);
    look(snapshot);
    assert.equal(judge(snapshot), "silent");
  });

test("what stood before the operator began has nothing but its own time to go by", () => {
  for (const [agentMs, progress] of [
    [bornAtMs - windowMs - 1_000, "silent"],
    [bornAtMs - windowMs + 1_000, "programmed"],
  ] as const) {
    const { look, judge } = operator();
    const snapshot = saying(agentMs);
    assert.equal(judge(snapshot), progress);
    look(snapshot);
    look(snapshot);
    assert.equal(judge(snapshot), progress);
  }
});

test("a claim rests on when it gets its number, and rests anew where it was in use meanwhile, be it Held since the same second by another clock", async () => {
  const { wait, look, sightings } = operator();
  const owner = nodeOf(1, "True");
  const at = (generation: number, releaseSequence?: number) => {
    const number = releaseSequence === undefined ? {} : { releaseSequence };
    const held = claim("10.244.1.0/24", owner, undefined, { state: "Held", heldAt: renderTime(bornAtMs), ...number });
    const { object } = held;
    return { ...held, object: { ...object, metadata: { ...object.metadata, generation } } };
  };
  const seen = (one: ReturnType<typeof at>) => look({ ...worldOf(network, [owner], {}), claims: [one] });
  seen(at(2));
  await wait(10_000);
  assert.equal(sightings.heldMs(at(3, 7)), 10_000, "its number came after the look");
  seen(at(3, 7));
  await wait(1_000);
  assert.equal(sightings.heldMs(at(3, 7)), 11_000);
  assert.equal(sightings.heldMs(at(5, 8)), 0, "it was Active in between");
});
