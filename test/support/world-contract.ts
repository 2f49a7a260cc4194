import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { converge } from "../../lib/reconcile/converge.ts";
import type { Kind, Step, World } from "../../lib/reconcile/kind.ts";

/** Items of one kind to try a World with. */
export interface WorldSample<Item> {
  readonly kind: Kind<Item>;
  /** Two that can stand side by side. */
  readonly first: Item;
  readonly second: Item;
  /** Differs from `first` and has its key. */
  readonly changed: Item;
  /** One that this world cannot take; it may have the key of `first`. */
  readonly impossible: Item;
}

/** The guarantees of every World, as tests; `open` gives an empty one, and what it looked like goes with the test. */
export function testWorldContract<Item>(sample: WorldSample<Item>, open: (t: TestContext) => Promise<World<Item>>): void {
  const { kind, first, second, changed, impossible } = sample;
  const step = (op: Step<Item>["op"], item: Item, have?: Item): Step<Item> => ({
    op,
    kind: kind.name,
    key: kind.key(item),
    because: "the test says so",
    ...(op === "remove" ? { have: item } : { want: item }),
    ...(have === undefined ? {} : { have }),
  });

  test(`a world of kind ${kind.name} becomes as wanted and then needs no step`, async (t) => {
    const world = await open(t);
    for (const want of [[first], [changed, second], [second, first], [second], []]) {
      const { errors } = await converge(kind, want, world);
      assert.deepEqual(errors, []);
      assert.deepEqual((await converge(kind, want, world)).steps, []);
    }
  });

  test(`a world of kind ${kind.name} takes the same step twice`, async (t) => {
    const world = await open(t);
    const rounds = [step("add", first), step("change", changed, first), step("remove", changed)];
    for (const round of rounds) {
      assert.deepEqual(await world.apply([round]), []);
      assert.deepEqual(await world.apply([round]), []);
    }
    assert.deepEqual(await world.observe(), []);
  });

  test(`in a world of kind ${kind.name} a step that fails does not stop the others and says what went wrong`, async (t) => {
    const world = await open(t);
    const neighbors = [first, second].filter((item) => kind.key(item) !== kind.key(impossible));
    const errors = await world.apply([impossible, ...neighbors].map((item) => step("add", item)));
    assert.deepEqual(
      errors.map(({ op, kind: name, key }) => ({ op, kind: name, key })),
      [{ op: "add", kind: kind.name, key: kind.key(impossible) }],
    );
    assert.ok((errors[0]?.message.length ?? 0) > 10);
    assert.deepEqual((await converge(kind, neighbors, world)).steps, []);
  });
}
