import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../../test/support/until.ts";
import type { Exec, Listener } from "./exec.ts";
import { watchKernel } from "./watch.ts";

test("a watch that was overrun says so and is begun anew, and then says once more that something may have been missed; another complaint does not end it", async (t) => {
  const begun: Listener[] = [];
  const never = () => assert.fail("it only follows");
  const follow: Exec["follow"] = (_, listener, signal) => {
    begun.push(listener);
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
  };
  const stop = new AbortController();
  const hints: string[] = [];
  const listen = ({ what, detail }: { readonly what: string; readonly detail: string }) => hints.push(`${what}: ${detail}`);
  const ended = watchKernel({ run: never, prepare: never, follow }, listen, stop.signal, { settleMs: 1, firstRetryMs: 1 });
  t.after(() => {
    stop.abort();
    return ended;
  });
  const settled = "missed: the watch has begun";
  await until("it has begun", () => hints.includes(settled));
  begun[0]?.complaint("something else");
  begun[0]?.complaint("netlink receive error No buffer space available (105)");
  await until("it has begun anew", () => hints.filter((hint) => hint === settled).length === 2);
  const complaints = ["missed: something else", "missed: netlink receive error No buffer space available (105)"];
  assert.deepEqual(hints, [settled, ...complaints, settled]);
  assert.equal(begun.length, 2);
});
