import assert from "node:assert/strict";
import { test } from "node:test";
import { afterwards } from "./afterwards.ts";

test("the signal fires when what is waited for has ended, with the reason, and not before", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const signal = afterwards(promise, "nothing goes on any more");
  assert.equal(signal.aborted, false);
  resolve();
  await promise;
  assert.equal(signal.aborted, true);
  assert.match(String(signal.reason), /nothing goes on any more/);
});
