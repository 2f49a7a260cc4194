import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../lib/linux/whole-file.ts";
import { compareText } from "../lib/text/order.ts";
import { elements, fields, parseJson } from "../lib/text/json.ts";

/** Plugin name → SHA-256 in hex of every binary of that name that we put there or are about to put there. */
export type PluginManifest = ReadonlyMap<string, readonly string[]>;

/** Where the manifest of a folder is. */
export function manifestPath(folder: string): string {
  return join(folder, ".podnet-plugins.json");
}

/** Which binaries in a folder are ours. A missing or unreadable manifest names none, so that nothing foreign is ever taken for ours. */
export async function readManifest(folder: string): Promise<PluginManifest> {
  const text = await readFile(manifestPath(folder), "utf8").catch(() => "");
  const entries = fields(parseJson(text)).map(
    ([name, hashes]) => [name, elements(hashes).filter((hash) => typeof hash === "string")] as const,
  );
  return new Map(entries);
}

/** Replaces the manifest of a folder in one step; one that says so already is left, since whoever watches the folder looks at all of it after a change. */
export async function writeManifest(folder: string, manifest: PluginManifest): Promise<void> {
  const text = `${JSON.stringify(Object.fromEntries([...manifest].toSorted(([a], [b]) => compareText(a, b))), undefined, 2)}\n`;
  const standing = await readFile(manifestPath(folder), "utf8").catch(() => undefined);
  if (standing === text) return;
  await writeWhole(manifestPath(folder), { from: "text", text }, 0o644);
}
