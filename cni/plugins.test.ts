import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { remedyFor } from "./plugin-remedy.ts";
import { installPlugins, missingPlugins, type PluginFolders } from "./plugins.ts";

const names = ["bridge", "portmap"] as const;

/** A source with both plugins, and a folder to install into that does not exist yet. */
async function folders(t: TestContext): Promise<PluginFolders & { source: string }> {
  const root = await mkdtemp(join(tmpdir(), "podnet-t-plugins-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  const source = join(root, "image");
  await mkdir(source);
  for (const name of names) await writeFile(join(source, name), `${name} 1`);
  return { source, target: join(root, "opt/cni/bin") };
}

async function outcomes(where: PluginFolders): Promise<string[]> {
  return (await installPlugins(where, names)).map(({ name, outcome }) => `${name} ${outcome}`);
}

test("plugins are installed executable where there are none, and left where they are current", async (t) => {
  const where = await folders(t);
  assert.deepEqual(await outcomes(where), ["bridge installed", "portmap installed"]);
  const { mode, ino } = await stat(join(where.target, "bridge"));
  assert.equal(mode & 0o7777, 0o755);
  assert.deepEqual(await outcomes(where), ["bridge current", "portmap current"]);
  assert.equal((await stat(join(where.target, "bridge"))).ino, ino, "it was not written again");
  assert.deepEqual((await readdir(where.target)).toSorted(), [".podnet-plugins.json", "bridge", "portmap"]);
});

test("a newer plugin of ours takes the place of the older one", async (t) => {
  const where = await folders(t);
  await installPlugins(where, names);
  await writeFile(join(where.source, "bridge"), "bridge 2");
  assert.deepEqual(await outcomes(where), ["bridge installed", "portmap current"]);
  assert.equal(await readFile(join(where.target, "bridge"), "utf8"), "bridge 2");
});

test("a plugin of somebody else is used and left alone, with a word on how to get ours", async (t) => {
  const where = await folders(t);
  await mkdir(where.target, { recursive: true });
  const path = join(where.target, "bridge");
  await writeFile(path, "theirs", { mode: 0o755 });
  const [bridge, portmap] = await installPlugins(where, names);
  assert.deepEqual([bridge?.outcome, portmap?.outcome], ["foreign", "installed"]);
  assert.equal(bridge?.message, `${path} was not put there by podnet and is left alone; remove it to get podnet's`);
  assert.equal(await readFile(path, "utf8"), "theirs");
});

test("a plugin of ours that somebody replaced is theirs from then on", async (t) => {
  const where = await folders(t);
  await installPlugins(where, names);
  await writeFile(join(where.target, "bridge"), "theirs");
  await writeFile(join(where.source, "bridge"), "bridge 2");
  assert.deepEqual(await outcomes(where), ["bridge foreign", "portmap current"]);
});

test("a crash between the manifest and the binary, or after the binary, leaves every plugin known as ours", async (t) => {
  const where = await folders(t);
  await installPlugins(where, names);
  const hash = async (text: string) => Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(text))).toString("hex");
  const manifest = JSON.stringify({
    bridge: [await hash("bridge 1"), await hash("bridge 2")],
    portmap: [await hash("portmap 1")],
  });
  for (const standing of ["bridge 1", "bridge 2"]) {
    await writeFile(join(where.target, ".podnet-plugins.json"), manifest);
    await writeFile(join(where.target, "bridge"), standing);
    await writeFile(join(where.source, "bridge"), "bridge 3");
    assert.deepEqual(await outcomes(where), ["bridge installed", "portmap current"], standing);
  }
});

test("a broken manifest makes nothing ours", async (t) => {
  const where = await folders(t);
  await installPlugins(where, names);
  await writeFile(join(where.target, ".podnet-plugins.json"), "{");
  await writeFile(join(where.source, "bridge"), "bridge 2");
  assert.deepEqual(await outcomes(where), ["bridge foreign", "portmap current"]);
});

test("without a source, what is there is used and what is not is named with a remedy", async (t) => {
  const where = await folders(t);
  await installPlugins(where, ["bridge"]);
  const [bridge, portmap] = await installPlugins({ source: undefined, target: where.target }, names);
  assert.deepEqual([bridge?.outcome, portmap?.outcome], ["current", "missing"]);
  assert.match(
    portmap?.message ?? "",
    /portmap is missing; put the binary there or into the folder named by PODNET_PLUGIN_SOURCE$/,
  );
});

test("a plugin of ours that lost its mode is mended; a foreign one that cannot be run is named", async (t) => {
  const where = await folders(t);
  await installPlugins(where, ["bridge"]);
  await chmod(join(where.target, "bridge"), 0o644);
  await writeFile(join(where.target, "portmap"), "theirs", { mode: 0o644 });
  const [bridge, portmap] = await installPlugins(where, names);
  assert.deepEqual([bridge?.outcome, portmap?.outcome], ["installed", "missing"]);
  assert.match(portmap?.message ?? "", /not executable; run "chmod 0755 .*portmap" or remove it$/);
  await chmod(join(where.target, "bridge"), 0o644);
  const [lost] = await installPlugins({ source: undefined, target: where.target }, names);
  assert.match(lost?.message ?? "", /plugin .*bridge is not executable; run "chmod 0755 .*bridge"$/);
});

test("a pipe in a plugin's place is not waited for", async (t) => {
  const where = await folders(t);
  await mkdir(where.target, { recursive: true });
  execFileSync("mkfifo", [join(where.target, "bridge")]);
  assert.deepEqual(await outcomes(where), ["bridge missing", "portmap installed"]);
});

test("a place that cannot be written is an outcome, not a crash", async (t) => {
  const where = await folders(t);
  await writeFile(join(where.source, "in-the-way"), "");
  const reports = await installPlugins({ source: where.source, target: join(where.source, "in-the-way") }, names);
  assert.deepEqual(
    reports.map(({ outcome }) => outcome),
    ["missing", "missing"],
  );
  assert.match(reports[0]?.message ?? "", /cannot be installed \(EEXIST.*\); remove what stands in its place$/);
});

test("what keeps a plugin from being installed is named with what helps", () => {
  const folders = { source: "/image", target: "/opt/cni/bin" };
  const remedy = (code: string, of: string) => remedyFor(Object.assign(new Error(`${code}: no, ${of}`), { code }), folders);
  assert.equal(remedy("ENOSPC", "write"), "make room on the disk of /opt/cni/bin");
  assert.equal(remedy("EROFS", "open '/opt/cni/bin/.bridge.podnet-new'"), "make /opt/cni/bin writable for the agent");
  assert.equal(remedy("EACCES", "open '/image/bridge'"), "make /image readable for the agent");
  assert.equal(remedy("EIO", "read"), "mend what that says; it is tried again");
});

test("only a file that can be run counts as there", async (t) => {
  const where = await folders(t);
  await mkdir(join(where.target, "bridge"), { recursive: true });
  await symlink("nowhere", join(where.target, "portmap"));
  assert.deepEqual(await missingPlugins(where.target, names), [...names]);
  await rm(join(where.target, "portmap"));
  await writeFile(join(where.target, "portmap"), "", { mode: 0o755 });
  assert.deepEqual(await missingPlugins(where.target, names), ["bridge"]);
});
