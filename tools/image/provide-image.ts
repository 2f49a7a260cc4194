import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { productVersion } from "../../lib/daemon/version.ts";
import { requireCacheFolder } from "../cache-folder.ts";
import { cacheRoot } from "../cache-root.ts";
import { exec } from "../exec.ts";
import type { Progress } from "../progress.ts";
import { buildImage } from "./build-image.ts";
import { writeImageContext } from "./context.ts";
import { debianRecipe, makeDebianBase } from "./debian-base.ts";

/** An image that can be brought onto nodes. */
export interface ProvidedImage {
  readonly name: string;
  /** An OCI archive. */
  readonly archive: string;
}

/** What the chart of a version asks for where nothing else is said. */
export function imageNamed(version: string): string {
  return `docker.io/podnet/podnet:${version}`;
}

const imageName = imageNamed(productVersion);

const prefix = "image-";
/** A Debian that is older is made anew: a week. */
const freshMs = 7 * 24 * 3_600_000;
/** Archives that stay in the cache beside the newest. */
const keptBefore = 1;

/** podnet's image as these sources give it: from the cache, where they are as they were, else built. @throws {Problem} where that cannot be done. */
export async function provideImage(progress: Progress): Promise<ProvidedImage> {
  const root = cacheRoot();
  requireCacheFolder(root);
  const folder = await mkdtemp(join(tmpdir(), "podnet-image-"));
  try {
    const context = join(folder, "context");
    await progress.during("bundling podnet", () => writeImageContext(context, productVersion, progress));
    const archive = join(root, `${prefix}${await digestOf(context)}.tar`);
    if (existsSync(archive)) return { name: imageName, archive };
    const base = join(root, `debian-${createHash("sha256").update(debianRecipe).digest("hex").slice(0, 16)}.tar`);
    if (!(await isFresh(base))) await whole(base, (file) => makeDebianBase(file, progress));
    const build = { context, name: imageName, base, version: productVersion, revision: await revision() };
    await whole(archive, (output) => buildImage({ ...build, output }, progress));
    await forgetOld(root);
    return { name: imageName, archive };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether it is there, and Debian has not mended much since. */
async function isFresh(file: string): Promise<boolean> {
  return existsSync(file) && Date.now() - (await stat(file)).mtimeMs < freshMs;
}

/** The commit that these sources are of, as far as git says. */
async function revision(): Promise<string> {
  const { code, output } = await exec(["git", "rev-parse", "HEAD"], { cwd: import.meta.dirname });
  return code === 0 ? (output[0] ?? "unknown") : "unknown";
}

/** Has a file written that is there as a whole or not at all. */
async function whole(path: string, write: (path: string) => Promise<void>): Promise<void> {
  const part = `${path}.${process.pid}`;
  try {
    await write(part);
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
}

/** Of the names and contents of all files, and of what they are put on. */
async function digestOf(folder: string): Promise<string> {
  const hash = createHash("sha256").update(debianRecipe);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.toSorted()) {
    hash.update(`${file.slice(folder.length)}\n`);
    for await (const part of createReadStream(file)) hash.update(part);
  }
  return hash.digest("hex").slice(0, 16);
}

async function forgetOld(root: string): Promise<void> {
  const names = (await readdir(root)).filter((name) => name.startsWith(prefix) && name.endsWith(".tar"));
  const dated = await Promise.all(names.map(async (name) => ({ name, atMs: (await stat(join(root, name))).mtimeMs })));
  const old = dated.toSorted((a, b) => b.atMs - a.atMs).slice(1 + keptBefore);
  await Promise.all(old.map(({ name }) => rm(join(root, name), { force: true })));
}
