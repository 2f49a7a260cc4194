// npm run dev, as whoever changes podnet has it before them: what a change takes, and that nothing stays.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitUntil } from "../../lab/wait-until.ts";
import { labName } from "../support/lab-name.ts";
import { remainsOf } from "../support/lab-remains.ts";

const root = join(import.meta.dirname, "../..");

/** Pids of the processes that run from a lab's builds, by stage; without the doubles that are there for a moment where one of them starts a command. */
function running(name: string): Map<string, string[]> {
  const all = readdirSync("/proc").flatMap((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      const isOurs = words[0] === process.execPath && words.some((word) => word.includes(`/.lab/${name}/builds/`));
      const [, parent] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
      return isOurs ? [{ pid, parent, stage: words.at(-2) ?? "" }] : [];
    } catch {
      return [];
    }
  });
  const pids = new Set(all.map(({ pid }) => pid));
  const own = all.filter(({ parent = "" }) => !pids.has(parent));
  return new Map(
    Array.from(
      Map.groupBy(own, ({ stage }) => stage),
      ([stage, list]) => [stage, list.map(({ pid }) => pid)],
    ),
  );
}

test("a changed source of the operator brings up that one anew, one of all stages all five processes, and it ends with nothing left", async (t) => {
  const name = labName("dev");
  const child = spawn(process.execPath, [join(root, "lab/dev.ts"), "--name", name], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, "exit");
  const change = (path: string) => {
    const now = new Date();
    utimesSync(join(root, path), now, now);
  };
  /** What was said since then of these parts, or of what went wrong. */
  const answer = (seen: number, parts: string) => new RegExp(`^(?:✓ ${parts}:|✖) .*$`, "m").exec(said.slice(seen))?.[0];
  try {
    await Promise.race([ended, waitUntil("podnet to run", 120_000, () => said.includes("\nFollowing ") || undefined)]);
    const before = running(name);
    assert.deepEqual(Array.from(before, ([stage, pids]) => `${stage} ${pids.length}`).toSorted(), [
      "agent 3",
      "operator 1",
      "webhook 1",
    ]);
    // A watch begins some time after it was asked for, so until the first answer the change is made again.
    const first = await waitUntil(
      "an answer to a change of the operator",
      30_000,
      () => {
        const found = answer(0, "operator");
        if (found === undefined) change("operator/main.ts");
        return found;
      },
      3_000,
    );
    t.diagnostic(`operator/main.ts: ${first}`);
    assert.match(first, /^✓ operator: up to date in /);
    const after = running(name);
    assert.deepEqual([after.get("agent"), after.get("webhook")], [before.get("agent"), before.get("webhook")]);
    assert.notDeepEqual(after.get("operator"), before.get("operator"));
    const seen = said.length;
    change("lib/net/prefix.ts");
    const all = await waitUntil("an answer to the change of all stages", 30_000, () => answer(seen, "operator, webhook, agent"));
    t.diagnostic(`lib/net/prefix.ts: ${all}`);
    assert.match(all, /^✓ operator, webhook, agent: up to date in /);
    await waitUntil("as many processes of each stage as before, all of them new", 10_000, () => {
      const last = running(name);
      const isNew = ([stage, pids]: readonly [string, readonly string[]]) => {
        const now = last.get(stage) ?? [];
        return now.length === pids.length && !now.some((pid) => pids.includes(pid));
      };
      return [...after].every(isNew) || undefined;
    });
  } finally {
    child.kill("SIGINT");
    await ended;
  }
  assert.deepEqual(remainsOf(name), []);
  assert.deepEqual(Array.from(running(name)), []);
});
