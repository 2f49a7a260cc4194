import assert from "node:assert/strict";
import { mkdir, mkdtemp, open, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { waitUntil } from "../lab/wait-until.ts";
import { writeWhole } from "../lib/linux/whole-file.ts";
import { createFakeClock } from "../test/support/fake-clock.ts";
import { FolderRemoved, watchFolders } from "./watch-folders.ts";

/** Watches a folder of a test's own, which does not stand yet. */
async function watched(t: TestContext) {
  const home = await mkdtemp(join(tmpdir(), "podnet-t-watch-"));
  const [folder, clock, stop] = [join(home, "net.d"), createFakeClock(), new AbortController()];
  const paths: string[] = [];
  const changed = (path: string) => void paths.push(path);
  const watching = watchFolders([folder], { changed, clock, signal: stop.signal });
  t.after(async () => {
    stop.abort();
    await watching;
    await rm(home, { recursive: true, force: true });
  });
  await waitUntil("the first look", 5000, () => clock.pending() > 0 || undefined);
  return {
    home,
    folder,
    /** What it was told of so far. */
    told: (): readonly string[] => [...paths],
    /** Waits until it is told of a change that comes by itself, or with the next look. */
    untilTold: async (what: string, act: () => Promise<unknown>, looks: "heard" | "looked at") => {
      const before = paths.length;
      await act();
      if (looks === "looked at") await clock.advance(1000);
      await waitUntil(what, 5000, () => paths.length > before || undefined);
      await waitUntil("the look to end", 5000, () => clock.pending() > 0 || undefined);
    },
    /** Has the folder looked at, and watched anew where that is needed. */
    turn: async () => {
      await clock.advance(1000);
      await waitUntil("the look to end", 5000, () => clock.pending() > 0 || undefined);
    },
  };
}

test("a folder that comes after the start is watched from then on, and again after it was removed or replaced", async (t) => {
  const { home, folder, untilTold, turn } = await watched(t);
  const change = (name: string) => () => writeFile(join(folder, name), "");
  await untilTold("a folder that came", () => mkdir(folder), "looked at");
  await untilTold("a file in it", change("a"), "heard");
  await untilTold("its end", () => rm(folder, { recursive: true }), "heard");
  await turn();
  await untilTold("the folder to come back", () => mkdir(folder), "looked at");
  await untilTold("a file in the one that came back", change("b"), "heard");
  await mkdir(join(home, "other"));
  await untilTold("another in its place", () => rename(folder, join(home, "old")), "heard");
  await rename(join(home, "other"), folder);
  await turn();
  await untilTold("a file in the other one", change("c"), "heard");
});

test("a folder that is removed and made again between two looks is watched, even where it gets the same number", async (t) => {
  const { folder, untilTold, turn } = await watched(t);
  await untilTold("a folder that came", () => mkdir(folder), "looked at");
  const again = async () => {
    await rmdir(folder);
    await mkdir(folder);
  };
  await untilTold("its end", again, "heard");
  await turn();
  await untilTold("a file in it", () => writeFile(join(folder, "a"), ""), "heard");
});

test("a folder that does not change is told of by nobody", async (t) => {
  const { folder, untilTold, turn, told } = await watched(t);
  await untilTold("a folder that came", () => mkdir(folder), "looked at");
  const before = told();
  for (let n = 0; n < 5; n++) await turn();
  assert.deepEqual(told(), before);
});

test("a file that is written as a whole is told of by its path alone, as what somebody keeps undoing is known by it", async (t) => {
  const { folder, untilTold, told } = await watched(t);
  await untilTold("a folder that came", () => mkdir(folder), "looked at");
  const before = told().length;
  const [path, last] = [join(folder, "10-podnet.conflist"), join(folder, "last")];
  await writeWhole(path, { from: "text", text: "{}" }, 0o644);
  await writeFile(last, "");
  await waitUntil("the last file", 5000, () => told().includes(last) || undefined);
  assert.deepEqual([...new Set(told().slice(before))], [path, last]);
});

test("a folder that is reached although it was removed, as through a mount, ends the watch with what to do", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "podnet-t-watch-"));
  const handle = await open(folder);
  const [mounted, clock, stop] = [`/proc/self/fd/${handle.fd}`, createFakeClock(), new AbortController()];
  t.after(() => handle.close());
  const watching = watchFolders([mounted], { changed: () => undefined, clock, signal: stop.signal });
  const ended = assert.rejects(watching, (error: unknown) => {
    assert.ok(error instanceof FolderRemoved);
    assert.match(error.message, /mounted at \/proc\/self\/fd\/\d+ was removed from the node.*started again/);
    return true;
  });
  await waitUntil("the first look", 5000, () => clock.pending() > 0 || undefined);
  await rmdir(folder);
  await clock.advance(1000);
  await ended;
});
