import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import { refusalError } from "./failure.ts";
import { createServiceLookup } from "./service-lookup.ts";

/** A lookup whose server refuses or answers as `isAllowed` says; counts what it is asked and what is told of failures. */
function lookup() {
  const clock = createFakeClock();
  const seen = { isAllowed: false, asked: 0, retryMs: [] as number[] };
  const attempt = { what: "list ServiceCIDRs", origin: "https://10.96.0.1:443", write: false };
  const ranges = createServiceLookup({
    clock,
    client: {
      listAll: () => {
        seen.asked += 1;
        if (!seen.isAllowed) throw refusalError(attempt, { status: 403, text: "forbidden", retryAfterSeconds: undefined });
        return Promise.resolve({ items: [], resourceVersion: "1", continue: undefined });
      },
      get: () => assert.fail("nothing else is asked"),
    },
    onProblem: ({ retryMs }) => seen.retryMs.push(retryMs),
  });
  return { clock, seen, ranges };
}

test("a look that fails is told of once, and repeated after five seconds, however often it is asked meanwhile", async () => {
  const { clock, seen, ranges } = lookup();
  for (const ms of [0, 1, 4_998, 1, 0]) {
    await clock.advance(ms);
    assert.equal(await ranges.ask(), undefined);
  }
  assert.deepEqual([seen.asked, seen.retryMs], [2, [5_000, 5_000]]);
  assert.equal(ranges.dueInMs(), 5_000);
});

test("what a look found is given for half a minute, and goes on being known where the next one fails", async () => {
  const { clock, seen, ranges } = lookup();
  seen.isAllowed = true;
  const first = await ranges.ask();
  assert.deepEqual(first, []);
  await clock.advance(29_999);
  assert.equal(await ranges.ask(), first);
  assert.equal(seen.asked, 1);
  seen.isAllowed = false;
  await clock.advance(1);
  assert.equal(await ranges.ask(), first);
  assert.deepEqual([seen.asked, ranges.known, ranges.staleSeconds()], [2, first, 30]);
});
