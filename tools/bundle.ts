// npm run bundle [-- FOLDER]: what runs in a cluster, as a few JavaScript files that need nothing beside Node, and the licences of what is in them. Default: dist
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { build, type BuildOptions, context } from "esbuild";
import { type BundledPackage, noticesOf, packagesIn } from "./bundled-packages.ts";
import { runCommand } from "./problem.ts";

const root = join(import.meta.dirname, "..");

/** Names of the file to start, and of the text with the licences. */
export const bundleFiles = { program: "podnet.mjs", notices: "LICENSES.txt" } as const;

/**
 * What an agent is started with, since it is on every node: Node then gives back what it does not use, at 5,000 peers half of what it would keep.
 * No limit is among it: one that is too tight would end the agent where there are more peers than were thought of.
 */
export const sparing = {
  options: ["--max-semi-space-size=1", "--optimize-for-size", "--v8-pool-size=1"],
  env: { MALLOC_ARENA_MAX: "1" },
} as const;

/** Packages that are not modules look for `require`. */
const banner = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/** How esbuild makes the bundle. */
const bundling = {
  absWorkingDir: root,
  entryPoints: { podnet: "cli/podnet.ts" },
  outExtension: { ".js": ".mjs" },
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node26",
  banner: { js: banner },
  legalComments: "none",
  logLevel: "warning",
} as const satisfies BuildOptions;

/**
 * Writes the bundle into a folder, in place of what was there. Each stage is in files of its own, which are loaded when it is started: a process has in memory what it needs and no more.
 * Names and lines stay, so that what an error says can be found in the sources. Gives the packages that are in it.
 */
export async function writeBundle(folder: string): Promise<readonly BundledPackage[]> {
  await rm(folder, { recursive: true, force: true });
  const { metafile } = await build({ ...bundling, outdir: folder, metafile: true });
  await mkdir(folder, { recursive: true });
  const packages = await packagesIn(root, Object.keys(metafile.inputs));
  await writeFile(join(folder, bundleFiles.notices), noticesOf(await readFile(join(root, "LICENSE"), "utf8"), packages));
  return packages;
}

/** Writes bundle after bundle, and parses only what has changed since the last one. */
export interface Bundler {
  /** Without licences. Throws with what is wrong in the sources; then nothing is written. */
  write(folder: string): Promise<void>;
  /** Ends what keeps the parsed sources at hand. */
  close(): Promise<void>;
}

/** A bundler that has parsed nothing yet. */
export async function createBundler(): Promise<Bundler> {
  const parsed = await context({ ...bundling, outdir: root, write: false, logLevel: "silent" });
  return {
    async write(folder) {
      const { outputFiles } = await parsed.rebuild();
      for (const { path, contents } of outputFiles) {
        const place = join(folder, relative(root, path));
        await mkdir(dirname(place), { recursive: true });
        await writeFile(place, contents);
      }
    },
    close: () => parsed.dispose(),
  };
}

if (import.meta.main)
  await runCommand(async () => {
    const folder = resolve(process.argv[2] ?? join(root, "dist"));
    await writeBundle(folder);
    console.log(`written: ${join(folder, bundleFiles.program)}`);
    return 0;
  });
