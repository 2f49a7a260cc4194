import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { KindOutcome } from "../../lib/linux/stage.ts";
import { diff } from "../../lib/reconcile/diff.ts";
import type { Kind } from "../../lib/reconcile/kind.ts";
import { driftOf, type NodeStanding } from "./drift.ts";

interface Thing {
  readonly name: string;
  readonly device: string;
  readonly value: number;
}

const kindNamed = (name: string): Kind<Thing> => ({
  name,
  key: (thing) => thing.name,
  differs: (want, have) => (want.value === have.value ? undefined : `${have.value}, wanted ${want.value}`),
});
const thing = (name: string, value = 0, device = "eth0"): Thing => ({ name, value, device });

/** What a run comes to that finds `have`; the keys in `failed` could not be done. */
function look(kind: string, want: readonly Thing[], have: readonly Thing[], failed: readonly string[] = []): KindOutcome {
  const steps = diff(kindNamed(kind), want, have);
  const errors = steps
    .filter(({ key }) => failed.includes(key))
    .map(({ op, key }) => ({ op, kind, key, message: "could not be done" }));
  return { kind, steps, errors, wanted: new Map(want.map((item) => [item.name, item])) };
}

/** The repairs of each of these runs, as text. */
function told(...runs: readonly (readonly KindOutcome[])[]): string[][] {
  let standing: NodeStanding = new Map();
  return runs.map((kinds) => {
    const drift = driftOf(standing, kinds);
    standing = drift.standing;
    return drift.repairs.map(({ kind, key, because }) => `${kind} ${key}: ${because}`);
  });
}

const [a, b, c] = [thing("a"), thing("b"), thing("c")];

test("what the first run after a start changes is no drift, whatever it finds", () => {
  assert.deepEqual(told([look("route", [a, b], [b, c])]), [[]]);
});

test("what was as wanted, is wanted still and is not there any more, or otherwise, was undone by somebody else", () => {
  const good = [look("route", [a, b], [a, b])];
  assert.deepEqual(told(good, [look("route", [a, b], [a])]), [[], ["route b: missing"]]);
  assert.deepEqual(told(good, [look("route", [a, b], [a, thing("b", 7)])]), [[], ["route b: 7, wanted 0"]]);
});

test("what appeared with our mark and is wanted by nobody is drift, too, and so is a second one of a wanted thing", () => {
  const good = [look("route", [a], [a])];
  assert.deepEqual(told(good, [look("route", [a], [a, c])]), [[], ["route c: not wanted"]]);
  assert.deepEqual(told(good, [look("route", [a], [a, thing("a", 7)])]), [[], ["route a: there is another one of this key"]]);
});

test("what came to be wanted, to be wanted otherwise, or not any more, is the agent's own change", () => {
  const good = [look("route", [a, b], [a, b])];
  assert.deepEqual(told(good, [look("route", [thing("a", 1), c], [a, b])]), [[], []]);
});

test("beside own changes drift is told all the same", () => {
  assert.deepEqual(told([look("route", [a, b], [a, b])], [look("route", [a, c], [b])]), [[], ["route a: missing"]]);
});

test("an own change that fails stays one, until it is done", () => {
  const runs = told(
    [look("route", [a], [a])],
    [look("route", [a, b], [a], ["b"])],
    [look("route", [a, b], [a], ["b"])],
    [look("route", [a, b], [a])],
    [look("route", [a, b], [a])],
  );
  assert.deepEqual(runs, [[], [], [], [], ["route b: missing"]]);
  const removals = told([look("route", [a, b], [a, b])], [look("route", [a], [a, b], ["b"])], [look("route", [a], [a, b])]);
  assert.deepEqual(removals, [[], [], []]);
});

test("a repair that fails is told when it is done", () => {
  const runs = told([look("route", [a], [a])], [look("route", [a], [], ["a"])], [look("route", [a], [])]);
  assert.deepEqual(runs, [[], [], ["route a: missing"]]);
});

test("what stood on a link that the agent made anew is its own doing; on one that somebody else deleted, it is not", () => {
  const link = (value: number) => thing("eth0", value);
  const linkLook = (want: number, have: readonly number[]): KindOutcome => look("link", [link(want)], have.map(link));
  const good = [linkLook(1, [1]), look("route", [a], [a])];
  assert.deepEqual(told(good, [linkLook(2, [1]), look("route", [a], [])]), [[], []]);
  assert.deepEqual(told(good, [linkLook(1, []), look("route", [a], [])]), [[], ["link eth0: missing", "route a: missing"]]);
});

test("a kind that could not be seen, or was not looked at, is looked at for the first time again", () => {
  const good = [look("route", [a], [a])];
  const unseen: KindOutcome = { kind: "route", steps: [], errors: [], unseen: "no answer" };
  assert.deepEqual(told(good, [unseen], [look("route", [a], [])]), [[], [], []]);
  assert.deepEqual(told(good, [look("link", [], [])], [look("route", [a], [])]), [[], [], []]);
});

test("the number of a nexthop object may change by itself", () => {
  const numbered = (id: number) => ({ ...a, id });
  const outcome = (want: Thing, have: readonly Thing[]): KindOutcome => look("nexthop", [want], have);
  assert.deepEqual(told([outcome(numbered(1), [numbered(1)])], [outcome(numbered(2), [])]), [[], ["nexthop a: missing"]]);
});

const things = fc.uniqueArray(fc.record({ name: fc.constantFrom("a", "b", "c", "d"), value: fc.nat(2) }), {
  selector: ({ name }) => name,
});
const withDevice = (list: readonly { name: string; value: number }[]) => list.map(({ name, value }) => thing(name, value));

test("whatever is wanted one after the other, an agent that nobody interferes with has nothing to tell", () => {
  fc.assert(
    fc.property(fc.array(things, { maxLength: 8 }), (wants) => {
      let have: Thing[] = [thing("d", 9)];
      const runs = wants.map((want) => {
        const outcome = look("route", withDevice(want), have);
        have = withDevice(want);
        return [outcome];
      });
      assert.deepEqual(told(...runs).flat(), []);
    }),
  );
});

test("whatever somebody does to what is wanted as before, each key that he touched is told once, and no other", () => {
  fc.assert(
    fc.property(things, things, (want, have) => {
      const [wanted, found] = [withDevice(want), withDevice(have)];
      const touched = [...wanted, ...found]
        .map(({ name }) => name)
        .filter((name) => {
          const [before, after] = [wanted, found].map((list) => list.find((item) => item.name === name)?.value);
          return before !== after;
        });
      const [, repairs = []] = told([look("route", wanted, wanted)], [look("route", wanted, found)]);
      assert.deepEqual(new Set(repairs.map((line) => line.charAt("route ".length))), new Set(touched));
      assert.equal(repairs.length, new Set(touched).size);
    }),
  );
});
