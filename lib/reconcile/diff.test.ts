import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Bug } from "./bug.ts";
import { diff } from "./diff.ts";
import { explain } from "./explain.ts";
import type { Kind, Step } from "./kind.ts";

interface Lamp {
  readonly name: string;
  readonly color: string;
}

const lamps: Kind<Lamp> = {
  name: "lamp",
  key: (lamp) => lamp.name,
  differs: (want, have) => (want.color === have.color ? undefined : `${have.color}, wanted ${want.color}`),
};

const lamp = fc.record(
  { name: fc.constantFrom("a", "b", "c", "d", "e", "f"), color: fc.constantFrom("red", "green", "blue") },
  { noNullPrototype: true },
);
const wanted = fc.uniqueArray(lamp, { selector: (item) => item.name });
const found = fc.array(lamp, { maxLength: 10 });

/** A list as the world: items are told apart by identity, as a kernel tells two routes of one prefix apart. */
function play(have: readonly Lamp[], steps: readonly Step<Lamp>[]): Lamp[] {
  return steps.reduce<Lamp[]>(
    (world, step) => [...world.filter((item) => item !== step.have), ...(step.want === undefined ? [] : [step.want])],
    [...have],
  );
}

const sorted = (items: readonly Lamp[]) => items.toSorted((a, b) => a.name.localeCompare(b.name));

test("playing the steps on what is there gives what is wanted", () => {
  fc.assert(
    fc.property(wanted, found, (want, have) => {
      assert.deepEqual(sorted(play(have, diff(lamps, want, have))), sorted(want));
    }),
  );
});

test("a world as wanted needs no step, in whatever order it is listed", () => {
  fc.assert(
    fc.property(wanted, (want) => {
      assert.deepEqual(diff(lamps, want, want), []);
      assert.deepEqual(diff(lamps, want, want.toReversed()), []);
    }),
  );
});

test("adds and changes come before removes, and every step names the item it is about", () => {
  fc.assert(
    fc.property(wanted, found, (want, have) => {
      const steps = diff(lamps, want, have);
      const firstRemove = steps.findIndex((step) => step.op === "remove");
      if (firstRemove >= 0) assert.ok(steps.slice(firstRemove).every((step) => step.op === "remove"));
      for (const step of steps) {
        assert.equal(step.want !== undefined, step.op !== "remove");
        assert.equal(step.have !== undefined, step.op !== "add");
        assert.equal(step.key, (step.want ?? step.have)?.name);
      }
    }),
  );
});

test("of several items with one key the one that is as wanted stays untouched", () => {
  const right = { name: "a", color: "red" };
  const wrong = { name: "a", color: "blue" };
  assert.deepEqual(diff(lamps, [right], [wrong, right]), [
    { op: "remove", kind: "lamp", key: "a", because: "there is another one of this key", have: wrong },
  ]);
});

test("an item wanted twice is a bug that names it", () => {
  const twice = [
    { name: "a", color: "red" },
    { name: "a", color: "blue" },
  ];
  assert.throws(() => diff(lamps, twice, []), new Bug("lamp a is wanted twice; each key may be wanted once"));
});

test("steps read as one line each", () => {
  const steps = diff(
    lamps,
    [
      { name: "a", color: "red" },
      { name: "b", color: "red" },
    ],
    [
      { name: "b", color: "blue" },
      { name: "c", color: "red" },
    ],
  );
  assert.equal(explain(steps), "+ lamp a: missing\n~ lamp b: blue, wanted red\n- lamp c: not wanted\n");
  assert.equal(explain([]), "");
});
