import assert from "node:assert/strict";
import test from "node:test";
import type { Durations } from "./durations.ts";
import { createProgress } from "./progress.ts";
import { renderLive, renderTask, seconds } from "./progress-line.ts";

interface World {
  readonly lines: string[];
  readonly known: Map<string, number>;
  readonly progress: ReturnType<typeof createProgress>;
  /** Lets time pass, a second at a time. */
  readonly pass: (seconds: number) => void;
}

function world(t: test.TestContext, terminal: { isTTY?: boolean; columns?: number } = {}): World {
  t.mock.timers.enable({ apis: ["setInterval"] });
  let nowMs = 0;
  const lines: string[] = [];
  const known = new Map<string, number>();
  const durations: Durations = { expected: (what) => known.get(what), record: (what, took) => void known.set(what, took) };
  const progress = createProgress({ ...terminal, write: (text) => lines.push(text) }, durations, () => nowMs);
  const pass = (wanted: number): void => {
    for (let second = 0; second < wanted; second++) {
      nowMs += 1000;
      t.mock.timers.tick(1000);
    }
  };
  return { lines, known, progress, pass };
}

test("what takes less than two seconds is not shown", async (t) => {
  const { lines, progress, pass } = world(t);
  await progress.during("blinking", async () => pass(1));
  assert.deepEqual(lines, []);
});

test("without a terminal a long task is shown after two seconds, then every ten, then its end", async (t) => {
  const { lines, known, progress, pass } = world(t);
  await progress.during("building etcd", async (task) => {
    pass(3);
    task.reached(120, 564, "packages");
    pass(20);
  });
  assert.deepEqual(lines, [
    "… building etcd: 2 s\n",
    "… building etcd: 120 of 564 packages, 12 s\n",
    "… building etcd: 120 of 564 packages, 22 s\n",
    "✓ building etcd: done in 23 s\n",
  ]);
  assert.deepEqual([...known], [["building etcd", 23]]);
});

test("a task that fails says after how long, and its time is not remembered", async (t) => {
  const { lines, known, progress, pass } = world(t);
  const work = async (): Promise<void> => {
    pass(4);
    throw new Error("no");
  };
  await assert.rejects(progress.during("starting", work), /no/);
  assert.equal(lines.at(-1), "✗ starting: failed after 4 s\n");
  assert.equal(known.size, 0);
});

test("a terminal has one live line, cut to its width, that a lasting line does not tear", async (t) => {
  const { lines, progress, pass } = world(t, { isTTY: true, columns: 30 });
  const release = Promise.withResolvers<void>();
  const first = progress.during("starting the first machine of all", () => release.promise);
  const second = progress.during("starting another", () => release.promise);
  pass(2);
  assert.equal(lines.at(-1), "starting the firs…  (+1 more)");
  progress.say("a word");
  assert.deepEqual(lines.slice(-3), ["\r\u001b[K", "a word\n", "starting the firs…  (+1 more)"]);
  release.resolve();
  await Promise.all([first, second]);
  assert.equal(lines.at(-1), "✓ starting another: done in 2 s\n");
});

test("a task is told with what it reached, what it does, and how long it took last time", () => {
  assert.equal(renderTask({ what: "starting kubelet" }, 4.2), "starting kubelet: 4 s");
  assert.equal(renderTask({ what: "starting kubelet", expectedSeconds: 12 }, 4.2), "starting kubelet: 4 s of about 12 s");
  assert.equal(renderTask({ what: "starting kubelet", expectedSeconds: 12 }, 70), "starting kubelet: 1 min 10 s");
  const reached = { done: 564, total: 564, unit: "packages" };
  assert.equal(
    renderTask({ what: "building", reached, note: "linking" }, 61),
    "building: 564 of 564 packages, linking, 1 min 1 s",
  );
});

test("a live line is never wider than the terminal", () => {
  assert.equal(renderLive(["short"], 80), "short");
  assert.equal(renderLive(["x".repeat(100)], 40).length, 39);
  assert.equal(renderLive(["x".repeat(100), "y"], 40).length, 39);
});

test("seconds are rounded before they become minutes", () => {
  assert.equal(seconds(59.4), "59 s");
  assert.equal(seconds(59.6), "1 min 0 s");
});
