import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import { type Exec, type Listener, makeExec } from "./exec.ts";
import { type Hint, watchKernel } from "./watch.ts";

test("a watch that ends is begun again, each time after twice as long, until it is heard; nothing waits after its end", async () => {
  const [clock, stop] = [createFakeClock(), new AbortController()];
  const begun: number[] = [];
  const follow: Exec["follow"] = (_argv, listener) => {
    begun.push(clock.now());
    if (begun.length === 4) listener.line("[ROUTE]10.244.2.0/24 via 192.168.1.12 dev eth0");
    return Promise.resolve("it ended");
  };
  const hints: Hint[] = [];
  const exec = { ...makeExec(), follow };
  const ended = watchKernel(exec, (hint) => hints.push(hint), stop.signal, { firstRetryMs: 100, longestRetryMs: 300, clock });
  await clock.advance(1_000);
  assert.deepEqual(begun, [0, 100, 300, 600, 700, 900]);
  assert.deepEqual(
    hints.filter(({ what }) => what === "changed").map(({ detail }) => detail),
    ["[ROUTE]10.244.2.0/24 via 192.168.1.12 dev eth0"],
  );
  stop.abort();
  await ended;
  assert.equal(clock.pending(), 0);
});

test("what changed before a watch listened is taken as missed once it has settled", async () => {
  const [clock, stop] = [createFakeClock(), new AbortController()];
  const follow: Exec["follow"] = (_argv, _listener, signal) =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined)));
  const hints: Hint[] = [];
  const ended = watchKernel({ ...makeExec(), follow }, (hint) => hints.push(hint), stop.signal, { settleMs: 500, clock });
  await clock.advance(499);
  assert.deepEqual(hints, []);
  await clock.advance(1);
  assert.deepEqual(hints, [{ what: "missed", detail: "the watch has begun" }]);
  stop.abort();
  await ended;
});

test("a watch that was overrun says so and is begun anew, and then says once more that something may have been missed; another complaint does not end it", async () => {
  const [clock, stop] = [createFakeClock(), new AbortController()];
  const begun: Listener[] = [];
  const follow: Exec["follow"] = (_argv, listener, signal) => {
    begun.push(listener);
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
  };
  const hints: string[] = [];
  const listen = ({ what, detail }: Hint) => void hints.push(`${what}: ${detail}`);
  const options = { settleMs: 500, firstRetryMs: 100, clock };
  const ended = watchKernel({ ...makeExec(), follow }, listen, stop.signal, options);
  const settled = "missed: the watch has begun";
  await clock.advance(500);
  begun[0]?.complaint("something else");
  begun[0]?.complaint("netlink receive error No buffer space available (105)");
  await clock.advance(600);
  const complaints = ["missed: something else", "missed: netlink receive error No buffer space available (105)"];
  assert.deepEqual(hints, [settled, ...complaints, settled]);
  assert.equal(begun.length, 2);
  stop.abort();
  await ended;
});
