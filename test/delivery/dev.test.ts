// npm run dev, as whoever changes podnet has it before them: what a change takes, and that nothing stays.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { waitUntil } from "../../lab/wait-until.ts";
import { labName } from "../support/lab-name.ts";
import { remainsOf } from "../support/lab-remains.ts";

const root = join(import.meta.dirname, "../..");

/** Pids of the processes that run from a lab's builds, by stage. */
function running(name: string): Map<string, string[]> {
  const all = readdirSync("/proc").flatMap((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      const isOurs = words[0] === process.execPath && words.some((word) => word.includes(`/.lab/${name}/builds/`));
      return isOurs ? [{ pid, stage: words.at(-2) ?? "" }] : [];
    } catch {
      return [];
    }
  });
  return new Map(
    Array.from(
      Map.groupBy(all, ({ stage }) => stage),
      ([stage, list]) => [stage, list.map(({ pid }) => pid)],
    ),
  );
}

test("a changed source of all stages brings all five processes up anew, one of the operator's only that one, and it ends with nothing left", async (t) => {
  const name = labName("dev");
  const child = spawn(process.execPath, [join(root, "lab/dev.ts"), "--name", name], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, "exit");
  const upToDate = async (path: string): Promise<string> => {
    const seen = said.length;
    const now = new Date();
    utimesSync(join(root, path), now, now);
    const answer = await waitUntil(`an answer to the change of ${path}`, 30_000, () => /^[✓✖] .*$/m.exec(said.slice(seen))?.[0]);
    t.diagnostic(`${path}: ${answer}`);
    return answer;
  };
  try {
    await Promise.race([ended, waitUntil("podnet to run", 120_000, () => said.includes("\nFollowing ") || undefined)]);
    const before = running(name);
    assert.deepEqual(Array.from(before, ([stage, pids]) => `${stage} ${pids.length}`).toSorted(), [
      "agent 3",
      "operator 1",
      "webhook 1",
    ]);
    // A watch begins some time after it was asked for.
    await delay(500);
    assert.match(await upToDate("lib/net/prefix.ts"), /^✓ operator, webhook, agent: up to date in /);
    const after = running(name);
    for (const [stage, pids] of before) {
      assert.equal(after.get(stage)?.length, pids.length, stage);
      assert.deepEqual(
        after.get(stage)?.filter((pid) => pids.includes(pid)),
        [],
        stage,
      );
    }
    assert.match(await upToDate("operator/main.ts"), /^✓ operator: up to date in /);
    const last = running(name);
    assert.deepEqual([last.get("agent"), last.get("webhook")], [after.get("agent"), after.get("webhook")]);
    assert.notDeepEqual(last.get("operator"), after.get("operator"));
  } finally {
    child.kill("SIGINT");
    await ended;
  }
  assert.deepEqual(remainsOf(name), []);
  assert.deepEqual(Array.from(running(name)), []);
});
