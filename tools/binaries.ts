import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { assetsOf } from "./assets.ts";
import { buildFamily } from "./build.ts";
import { entryFlaw, programFolder, publishEntry, startEntry } from "./cache.ts";
import { requireCacheFolder } from "./cache-folder.ts";
import { cacheRoot } from "./cache-root.ts";
import { requireSpace } from "./disk-space.ts";
import { downloadRelease } from "./download.ts";
import { FAMILIES, type Family, PROGRAMS, type Program } from "./family.ts";
import { withLock } from "./lock.ts";
import { type Pinned, readPinned } from "./pinned.ts";
import type { Progress, Task } from "./progress.ts";
import { createReach, type Reach } from "./reach.ts";
import { type Architecture, releasesOf } from "./release.ts";
import { versionFlaw } from "./version.ts";

/**
 * Program name → absolute path, for every program of the families F, e.g. `binaries["kube-apiserver"]`.
 * The folder of a CNI plugin holds all five plugins and nothing else.
 */
export type BinaryPaths<F extends Family = Family> = Readonly<Record<Program<F>, string>>;

/**
 * Makes sure the pinned programs of these families are there, and gives their paths. In this order: `KUBEBUILDER_ASSETS`,
 * the cache, the official download, a build from the pinned Go module.
 * Throws a Problem, whose message is a sentence for a person, when that cannot be done.
 */
export async function provideBinaries<const F extends Family>(
  families: readonly F[],
  progress: Progress,
): Promise<BinaryPaths<F>> {
  const reach = createReach();
  const paths: Record<string, string> = {};
  for (const family of FAMILIES.filter((one) => families.some((wanted) => wanted === one))) {
    Object.assign(paths, await provideFamily(family, reach, progress));
  }
  if (!holdsAll(paths, families)) throw new Error(`a program of ${families.join(", ")} was not provided`);
  return paths;
}

function holdsAll<F extends Family>(paths: Readonly<Record<string, string>>, families: readonly F[]): paths is BinaryPaths<F> {
  return families.every((family) => PROGRAMS[family].every((program) => paths[program] !== undefined));
}

async function provideFamily(family: Family, reach: Reach, progress: Progress): Promise<Record<string, string>> {
  const pinned = await readPinned(family);
  const assets = await assetsOf(pinned, process.env["KUBEBUILDER_ASSETS"], progress);
  const missing = pinned.recipe.programs.filter((program) => !assets.has(program));
  if (missing.length === 0) return Object.fromEntries(assets);
  const bin = programFolder(await provideEntry(pinned, reach, progress));
  return { ...Object.fromEntries(missing.map((program) => [program, join(bin, program)])), ...Object.fromEntries(assets) };
}

/** Gives the folder of the family's cache entry, made if it is not there or broken. */
async function provideEntry(pinned: Pinned, reach: Reach, progress: Progress): Promise<string> {
  const root = cacheRoot();
  const entry = join(root, pinned.entry);
  if ((await entryFlaw(entry)) === undefined) return entry;
  requireCacheFolder(root);
  const tellWaiting = (holder: number): void =>
    progress.say(`Waiting for process ${holder}, which is making ${pinned.recipe.family} in ${root}.`);
  await withLock(`${entry}.lock`, tellWaiting, async () => {
    const flaw = await entryFlaw(entry);
    if (flaw === undefined) return;
    if (flaw !== "is not there") progress.say(`${entry} ${flaw}: it is made again.`);
    await makeEntry(pinned, root, entry, reach, progress);
  });
  return entry;
}

async function makeEntry(pinned: Pinned, root: string, entry: string, reach: Reach, progress: Progress): Promise<void> {
  await requireSpace(`The cache of ${pinned.recipe.family}`, [{ folder: root, megabytes: 500 }]);
  const folder = await startEntry(root, pinned.entry);
  try {
    const source = await fillEntry(pinned, programFolder(folder), reach, progress);
    await publishEntry(folder, entry, source);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Downloads or builds a family's programs into the empty folder `bin`; gives where they come from. */
async function fillEntry(pinned: Pinned, bin: string, reach: Reach, progress: Progress): Promise<string> {
  const what = `${pinned.recipe.family} ${pinned.version}`;
  const refused = await progress.during(`downloading ${what}`, (task) => download(pinned, bin, reach, task));
  if (refused === undefined) return "downloaded from the official release";
  progress.say(`Building ${what} from its Go module, since ${refused}.`);
  await rm(bin, { recursive: true, force: true });
  await mkdir(bin);
  const source = await buildFamily(pinned, bin, progress);
  const flaw = await firstVersionFlaw(pinned, bin);
  if (flaw !== undefined) throw new Error(`the build of ${what} is not right: ${flaw}`);
  return source;
}

/** Downloads all of a family's programs into `bin`; gives why that did not work, or undefined. */
async function download(pinned: Pinned, bin: string, reach: Reach, task: Task): Promise<string | undefined> {
  const architectures: Readonly<Record<string, Architecture>> = { x64: "amd64", arm64: "arm64" };
  const architecture = architectures[process.arch];
  if (architecture === undefined) return `there is no official release for ${process.arch}`;
  const releases = releasesOf(pinned.recipe.family, pinned.recipe.programs, pinned.release, architecture);
  if (releases.length === 0) return "no official release has all that is needed of it";
  for (const release of releases) {
    const refused = await downloadRelease(release, bin, reach, task);
    if (refused !== undefined) return refused;
  }
  return firstVersionFlaw(pinned, bin);
}

async function firstVersionFlaw(pinned: Pinned, bin: string): Promise<string | undefined> {
  for (const program of pinned.recipe.programs) {
    const flaw = await versionFlaw(join(bin, program), program, pinned);
    if (flaw !== undefined) return `${program} ${flaw}`;
  }
  return undefined;
}
