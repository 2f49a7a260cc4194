import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, readlink, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { makeFolder } from "./make-folder.ts";
import { type Manifest, type ManifestFile, parseManifest } from "./manifest.ts";

/**
 * The folder name of a cache entry, e.g. `"etcd-v3.6.7-1f0c9a52be"`. Whatever could change the programs changes the name,
 * so an entry is never updated: a new one is made beside it.
 */
export function entryName(family: string, version: string, ingredients: readonly string[]): string {
  const hash = createHash("sha256");
  for (const ingredient of ingredients) hash.update(`${Buffer.byteLength(ingredient)}:`).update(ingredient);
  return `${family}-${version}-${hash.digest("hex").slice(0, 10)}`;
}

/** The folder with the programs of an entry. */
export function programFolder(entry: string): string {
  return join(entry, "bin");
}

/**
 * What is wrong with an entry, in words; undefined when nothing is.
 * Looks at names, sizes and modes; with `thorough` also at every file's SHA-256.
 */
export async function entryFlaw(entry: string, thorough = false): Promise<string | undefined> {
  const manifest = await readManifest(entry);
  if (typeof manifest === "string") return manifest;
  for (const file of manifest.files) {
    const flaw = await fileFlaw(join(programFolder(entry), file.name), file, thorough);
    if (flaw !== undefined) return `${file.name} ${flaw}`;
  }
  return undefined;
}

/** The manifest of an entry, or why it cannot be read. */
export async function readManifest(entry: string): Promise<Manifest | string> {
  try {
    return parseManifest(await readFile(join(entry, "manifest.json"), "utf8")) ?? "has a manifest of another form";
  } catch {
    return "is not there";
  }
}

/** Writes the manifest of the programs in `<folder>/bin`, then moves the folder to its place in one step. A broken entry there is replaced. */
export async function publishEntry(folder: string, entry: string, source: string): Promise<void> {
  const bin = programFolder(folder);
  const names = (await readdir(bin)).toSorted();
  const files = await Promise.all(names.map((name) => describeFile(join(bin, name), name)));
  const manifest: Manifest = { source, files };
  await writeFile(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  const aside = `${folder}-replaced`;
  await rename(entry, aside).catch(() => {});
  await rename(folder, entry);
  await rm(aside, { recursive: true, force: true });
}

/** Gives an empty folder to make an entry in, beside its place, and removes what killed builders left there. Call it with the entry's lock held. */
export async function startEntry(root: string, name: string): Promise<string> {
  makeFolder(root);
  const left = (await readdir(root)).filter((other) => other.startsWith(`${name}.making-`));
  await Promise.all(left.map((other) => rm(join(root, other), { recursive: true, force: true })));
  const folder = join(root, `${name}.making-${process.pid}`);
  makeFolder(programFolder(folder));
  return folder;
}

async function describeFile(path: string, name: string): Promise<ManifestFile> {
  const { size, mode } = await lstat(path);
  const link = await readlink(path).catch(() => undefined);
  if (link !== undefined) return { name, link };
  return { name, size, mode: mode & 0o777, sha256: await sha256(path) };
}

async function fileFlaw(path: string, want: ManifestFile, thorough: boolean): Promise<string | undefined> {
  if ("link" in want) {
    const link = await readlink(path).catch(() => undefined);
    return link === want.link ? undefined : `should be a link to ${want.link}`;
  }
  const have = await stat(path).catch(() => undefined);
  if (have === undefined) return "is missing";
  if (have.size !== want.size) return `has ${have.size} bytes instead of ${want.size}`;
  if ((have.mode & 0o777) !== want.mode) return `has mode ${(have.mode & 0o777).toString(8)} instead of ${want.mode.toString(8)}`;
  if (thorough && (await sha256(path)) !== want.sha256) return "has another content than when it was made";
  return undefined;
}

/** The SHA-256 of a file, in lower-case hex. */
export async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
