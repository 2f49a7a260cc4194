import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { isAbsent } from "../lib/linux/system-error.ts";
import { writeWhole } from "../lib/linux/whole-file.ts";
import type { PluginName } from "./plan/plugin-names.ts";
import { type PluginManifest, readManifest, writeManifest } from "./plugin-manifest.ts";
import { remedyFor } from "./plugin-remedy.ts";

/** What stands in the plugin folder under one name. */
export interface PluginReport {
  readonly name: PluginName;
  /**
   * `installed`: put there just now. `current`: there already, and as we would put it, or ours with no source to compare with.
   * `foreign`: somebody else's binary, left alone and used. `missing`: not usable; `message` says why.
   */
  readonly outcome: "installed" | "current" | "foreign" | "missing";
  /** What, where and what to do; empty for `installed` and `current`. */
  readonly message: string;
}

export interface PluginFolders {
  /** Where our binaries lie, e.g. in the image; undefined: none are brought along. */
  readonly source: string | undefined;
  /** Where the runtime looks for plugins, e.g. `"/opt/cni/bin"`. */
  readonly target: string;
}

/**
 * Brings the plugins into the folder where they are missing or ours and of other content, each atomically and with mode 0755.
 * 1. A binary that we did not put there is never changed. 2. A crash at any point leaves every binary whole and known as ours.
 */
export async function installPlugins(folders: PluginFolders, names: readonly PluginName[]): Promise<PluginReport[]> {
  try {
    await mkdir(folders.target, { recursive: true, mode: 0o755 });
  } catch (error) {
    return names.map((name) => missing(name, folders, error));
  }
  const reports: PluginReport[] = [];
  for (const name of names) {
    try {
      reports.push(await installPlugin(folders, name));
    } catch (error) {
      reports.push(missing(name, folders, error));
    }
  }
  return reports;
}

/** The plugins of `names` that are not there or not executable; cheap enough for every pass. */
export async function missingPlugins(target: string, names: readonly PluginName[]): Promise<PluginName[]> {
  const usable = await Promise.all(names.map((name) => isExecutable(join(target, name))));
  return names.filter((_, index) => !usable[index]);
}

async function installPlugin({ source, target }: PluginFolders, name: PluginName): Promise<PluginReport> {
  const path = join(target, name);
  const offered = source === undefined ? undefined : join(source, name);
  const [wanted, present] = await Promise.all([offered === undefined ? undefined : hashOf(offered), hashOf(path)]);
  const manifest = await readManifest(target);
  const ours = present !== undefined && (manifest.get(name)?.includes(present) ?? false);
  const executable = await isExecutable(path);
  if (executable && present === wanted) return { name, outcome: "current", message: "" };
  if (present !== undefined && !ours) return foreign(name, path, executable);
  if (offered === undefined || wanted === undefined) {
    if (!ours) return missing(name, { source, target });
    return executable ? { name, outcome: "current", message: "" } : notExecutable(name, path);
  }
  await writeManifest(target, withHashes(manifest, name, [present, wanted]));
  await writeWhole(path, { from: "file", path: offered }, 0o755);
  await writeManifest(target, withHashes(manifest, name, [wanted]));
  return { name, outcome: "installed", message: "" };
}

function withHashes(manifest: PluginManifest, name: string, hashes: readonly (string | undefined)[]): PluginManifest {
  return new Map([...manifest, [name, hashes.filter((hash) => hash !== undefined)]]);
}

function foreign(name: PluginName, path: string, executable: boolean): PluginReport {
  const found = `${path} was not put there by podnet and is left alone`;
  return executable
    ? { name, outcome: "foreign", message: `${found}; remove it to get podnet's` }
    : { name, outcome: "missing", message: `${found}, but it is not executable; run "chmod 0755 ${path}" or remove it` };
}

/** One of ours that lost its mode, with nothing to put in its place. */
function notExecutable(name: PluginName, path: string): PluginReport {
  return { name, outcome: "missing", message: `the CNI plugin ${path} is not executable; run "chmod 0755 ${path}"` };
}

function missing(name: PluginName, { source, target }: PluginFolders, error?: unknown): PluginReport {
  const path = join(target, name);
  const because = error instanceof Error ? `cannot be installed (${error.message})` : "is missing";
  const remedy =
    error === undefined
      ? `put the binary there or into ${source ?? "the folder named by PODNET_PLUGIN_SOURCE"}`
      : remedyFor(error, { source, target });
  return { name, outcome: "missing", message: `the CNI plugin ${path} ${because}; ${remedy}` };
}

/** SHA-256 in hex; undefined where there is no such file. */
export async function hashOf(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    // Nobody waits for a pipe that stands in a plugin's place.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    await pipeline(handle.createReadStream(), hash);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  return hash.digest("hex");
}

async function isExecutable(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.isFile() && (found.mode & 0o111) !== 0;
}
