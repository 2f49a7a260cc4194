import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

/** A folder that cannot be made makes a synchronous call hang for ever: each is tried in a process that can be cut off. */
const CUT_OFF_MS = 20_000;

const source = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);
const script = `
  import { runCommand } from ${source("./problem.ts")};
  import { requireCacheFolder } from ${source("./cache-folder.ts")};
  import { fileDurations } from ${source("./durations.ts")};
  fileDurations(process.argv[1] + "/durations.json").record("building", 1);
  await runCommand(async () => { requireCacheFolder(process.argv[1]); return 0; });
`;

function requireInProcess(folder: string): { readonly status: number | null; readonly stderr: string } {
  const argv = ["--input-type=module", "--eval", script, folder];
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8", timeout: CUT_OFF_MS, killSignal: "SIGKILL" });
  return { status, stderr };
}

function temporaryFolder(t: test.TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "podnet-folder-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

const impossible = [
  "/proc/nope/cache",
  "/proc/self/nope",
  "/sys/nope",
  join(import.meta.filename, "cache"),
  import.meta.filename,
];

for (const folder of impossible.map((path) => path.replace(import.meta.dirname, ".")))
  test(`a cache folder that cannot be made is refused in one sentence: ${folder}`, () => {
    const { status, stderr } = requireInProcess(folder.replace(/^\./, import.meta.dirname));
    assert.equal(status, 2, stderr);
    assert.match(
      stderr,
      /^podnet: The cache folder \/\S+ cannot be made \(E[A-Z]+: [^\n]+\): set PODNET_CACHE to a folder that can be written\.\n$/,
    );
  });

for (const folder of ["/proc", "/sys"])
  test(`a cache folder into which nothing can be written is refused in one sentence: ${folder}`, () => {
    const { status, stderr } = requireInProcess(folder);
    assert.equal(status, 2, stderr);
    assert.match(
      stderr,
      /^podnet: Nothing can be written into the cache folder \/\w+ \(E[A-Z]+: [^\n]+\): set PODNET_CACHE to a folder that can be written\.\n$/,
    );
  });

test("a missing cache folder is made with those above it, nothing is left in it, and one that is there stays as it is", (t) => {
  const folder = join(temporaryFolder(t), "a", "b");
  rmSync(folder, { recursive: true, force: true });
  assert.deepEqual(requireInProcess(folder), { status: 0, stderr: "" });
  assert.deepEqual(readdirSync(folder), ["durations.json"]);
  writeFileSync(join(folder, "kept"), "");
  assert.deepEqual(requireInProcess(folder), { status: 0, stderr: "" });
  assert.ok(existsSync(join(folder, "kept")));
});
