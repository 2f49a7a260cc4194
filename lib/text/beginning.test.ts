import assert from "node:assert/strict";
import { test } from "node:test";
import { beginningOf } from "./beginning.ts";

test("what is small is whole, as JSON", () => {
  for (const value of [{ a: [1, "b", null], c: { d: true } }, [], "text", 7, null])
    assert.equal(beginningOf(value, 1_000), JSON.stringify(value));
  assert.equal(beginningOf(undefined, 10), undefined);
});

test("of what is deep or large no more is looked at than is shown", () => {
  let deep: unknown = "end";
  for (let level = 0; level < 100_000; level++) deep = [deep];
  assert.match(beginningOf(deep, 50) ?? "", /^\[{50}/);
  let asked = 0;
  const list = new Proxy(
    Array.from({ length: 100_000 }, () => "x".repeat(20)),
    {
      get: (target, key, receiver) => {
        if (typeof key === "string" && /^\d+$/.test(key)) asked++;
        return Reflect.get(target, key, receiver) as unknown;
      },
    },
  );
  assert.match(beginningOf(list, 50) ?? "", /^\["x{20}","x{20}"/);
  assert.ok(asked < 5, `${asked}`);
});
