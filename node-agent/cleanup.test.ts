import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { leaseFolder } from "../cni/lease-files.ts";
import { CommandError } from "../lib/linux/command-error.ts";
import { makeExec } from "../lib/linux/exec.ts";
import { type CleanupPlace, cleanUp } from "./cleanup.ts";

/** A machine of which nothing but files can be seen; none is there yet. */
async function machine(t: TestContext): Promise<CleanupPlace & { readonly root: string }> {
  const root = await mkdtemp(join(tmpdir(), "podnet-t-cleanup-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  const run = () => Promise.reject(new CommandError("Timeout", "it took too long"));
  return {
    root,
    exec: { ...makeExec(), run },
    procSys: "/proc/sys",
    confFolder: join(root, "net.d"),
    cniStateFolder: join(root, "cni"),
    plugins: { source: undefined, target: join(root, "bin") },
    journal: join(root, "podnet/journal.json"),
  };
}

const ofFiles = (texts: readonly string[]) => texts.filter((text) => !text.includes("could not be seen"));

test("configurations that cannot be read stop nothing else", async (t) => {
  const place = await machine(t);
  await symlink("net.d", place.confFolder);
  await mkdir(leaseFolder(place.cniStateFolder), { recursive: true });
  const { removed, left } = await cleanUp(place);
  assert.deepEqual(removed, [`file ${leaseFolder(place.cniStateFolder)}`]);
  assert.match(ofFiles(left)[0] ?? "", /^the CNI configurations in .*net\.d: ELOOP/);
});

test("what was being written of a journal goes with it, and its folder; what is not there is not told of", async (t) => {
  const place = await machine(t);
  const [folder, unfinished] = [join(place.root, "podnet"), join(place.root, "podnet/.journal.json.podnet-new")];
  await mkdir(folder);
  await writeFile(unfinished, "{");
  const { removed, left } = await cleanUp(place);
  assert.deepEqual([removed, ofFiles(left)], [[`file ${unfinished}`], []]);
  assert.deepEqual(await readdir(place.root), []);
  await mkdir(folder);
  await writeFile(place.journal, "{}");
  assert.deepEqual((await cleanUp(place)).removed, [`file ${place.journal}`]);
});
