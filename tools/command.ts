import { join } from "node:path";
import { provideBinaries } from "./binaries.ts";
import { entryFlaw, programFolder, readManifest } from "./cache.ts";
import { cacheRoot } from "./cache-root.ts";
import { FAMILIES, type Family, USUAL_FAMILIES } from "./family.ts";
import { provideDebianPackages, DEBIAN_PACKAGES } from "./packages.ts";
import { readPinned } from "./pinned.ts";
import { requireLinux } from "./preflight.ts";
import { Problem, runCommand } from "./problem.ts";
import { openProgress } from "./progress.ts";

const USAGE = `npm run tools -- provide [family…]   make sure the pinned programs are in the cache, and Debian's packages installed
npm run tools -- list                what is pinned, where it is, where it comes from
npm run tools -- verify              check every cached file against its SHA-256
families: ${FAMILIES.join(" ")}; without one, all that a lab usually runs; the cache is PODNET_CACHE, or ~/.cache/podnet`;

async function provide(names: readonly string[]): Promise<number> {
  const families = names.map(familyNamed);
  const progress = openProgress();
  const binaries = await provideBinaries(families.length === 0 ? USUAL_FAMILIES : families, progress);
  if (families.length === 0) await provideDebianPackages(DEBIAN_PACKAGES, progress);
  for (const [program, path] of Object.entries(binaries)) console.log(`${program.padEnd(24)} ${path}`);
  return 0;
}

async function list(thorough: boolean): Promise<number> {
  let broken = 0;
  for (const family of FAMILIES) {
    const pinned = await readPinned(family);
    const entry = join(cacheRoot(), pinned.entry);
    const flaw = await entryFlaw(entry, thorough);
    if (flaw !== undefined && (USUAL_FAMILIES.includes(family) || flaw !== "is not there")) broken += 1;
    const manifest = await readManifest(entry);
    const state = flaw ?? (typeof manifest === "string" ? manifest : `${thorough ? "verified" : "ready"}, ${manifest.source}`);
    console.log(`${family.padEnd(16)} ${pinned.version.padEnd(8)} ${state}\n                 ${programFolder(entry)}`);
  }
  if (thorough && broken > 0) console.log(`${broken} missing or broken: npm run tools -- provide makes them.`);
  return thorough && broken > 0 ? 1 : 0;
}

function familyNamed(name: string): Family {
  const family = FAMILIES.find((one) => one === name);
  if (family === undefined) throw new Problem(`There is no family ${name}; there are ${FAMILIES.join(", ")}.`);
  return family;
}

await runCommand(async () => {
  requireLinux("podnet's tools");
  const [verb, ...rest] = process.argv.slice(2);
  if (verb === "provide") return provide(rest);
  if (verb === "list") return list(false);
  if (verb === "verify") return list(true);
  console.log(USAGE);
  return verb === undefined || verb === "help" || verb === "--help" ? 0 : 2;
});
