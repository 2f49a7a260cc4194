import { existsSync } from "node:fs";
import { copyFile, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { cacheRoot } from "./cache-root.ts";
import { requireSpace } from "./disk-space.ts";
import { exec } from "./exec.ts";
import { type Go, goEnvironment, requireGo } from "./go.ts";
import type { Pinned } from "./pinned.ts";
import { Problem } from "./problem.ts";
import type { Progress, Task } from "./progress.ts";

/** Space for the programs themselves, in megabytes. */
const PROGRAM_MEGABYTES = 500;
/** Linking needs about as much again in the temporary folder. */
const LINK_MEGABYTES = 500;
/** More packages to compile than this, and the Go caches count as cold. */
const COLD_PACKAGES = 100;

/**
 * Builds a family's programs from its pinned Go module into `bin`. Gives where they come from, e.g. `"built with go1.26.8"`.
 * Throws a Problem where Go or disk space is missing, or the build fails.
 */
export async function buildFamily(pinned: Pinned, bin: string, progress: Progress): Promise<string> {
  const purpose = `Building ${pinned.recipe.family}`;
  const go = await requireGo(purpose, pinned.folder, pinned.leastGo);
  const haveModules = existsSync(join(go.moduleCache, `${pinned.recipe.module}@${pinned.version}`));
  await requireSpace(purpose, spaceNeeds(pinned, go, !haveModules));
  const stale = await progress.during(`fetching the Go modules of ${pinned.recipe.family}`, (task) =>
    stalePackages(pinned, go, task),
  );
  await requireSpace(purpose, spaceNeeds(pinned, go, stale > COLD_PACKAGES));
  await progress.during(`building ${pinned.recipe.family} ${pinned.version}`, (task) => compile(pinned, go, bin, stale, task));
  const { multiCall, programs, module, moduleFiles = [] } = pinned.recipe;
  if (multiCall !== undefined) await Promise.all(programs.map((program) => symlink(multiCall, join(bin, program))));
  const sources = join(go.moduleCache, `${module}@${pinned.version}`);
  await Promise.all(moduleFiles.map((file) => copyFile(join(sources, file), join(bin, basename(file)))));
  return `built with ${go.version}`;
}

function spaceNeeds(pinned: Pinned, go: Go, cold: boolean): { folder: string; megabytes: number }[] {
  const { compiled, modules } = pinned.recipe.coldMegabytes;
  const programs = { folder: cacheRoot(), megabytes: PROGRAM_MEGABYTES };
  if (!cold) return [programs];
  return [
    programs,
    { folder: go.buildCache, megabytes: compiled },
    { folder: go.moduleCache, megabytes: modules },
    { folder: go.temporary, megabytes: LINK_MEGABYTES },
  ];
}

/** How many packages `go build` will have to compile: those it will print. Fetches the modules on the way. */
async function stalePackages(pinned: Pinned, go: Go, task: Task): Promise<number> {
  const { recipe, version, folder } = pinned;
  const template = "{{if .Stale}}stale{{end}}";
  const argv = [go.command, "list", "-deps", "-f", template, ...recipe.flags(version), ...recipe.packages];
  const result = await exec(argv, { cwd: folder, env: goEnvironment(), onLine: (line) => noteDownload(line, task) });
  if (result.code !== 0) throw new Problem(failure(pinned, "go list", result.output));
  return result.output.filter((line) => line === "stale").length;
}

async function compile(pinned: Pinned, go: Go, bin: string, total: number, task: Task): Promise<void> {
  const { recipe, version, folder } = pinned;
  const single = recipe.multiCall ?? (recipe.programs.length === 1 ? recipe.programs[0] : undefined);
  const output = single === undefined ? `${bin}/` : join(bin, single);
  let compiled = 0;
  const onLine = (line: string): void => {
    if (noteDownload(line, task) || !/^[\w.~/-]+$/.test(line)) return;
    compiled += 1;
    task.reached(compiled, Math.max(total, compiled), "packages");
    if (compiled >= total) task.note("linking");
  };
  const argv = [go.command, "build", "-v", ...recipe.flags(version), "-o", output, ...recipe.packages];
  const result = await exec(argv, { cwd: folder, env: goEnvironment(), onLine });
  if (result.code !== 0) throw new Problem(failure(pinned, "go build", result.output));
}

/** `go: downloading k8s.io/api v0.37.2` is progress too. */
function noteDownload(line: string, task: Task): boolean {
  const module = /^go: downloading (.+)$/.exec(line)?.[1];
  if (module !== undefined) task.note(`downloading ${module}`);
  return module !== undefined;
}

/** The sentence for a failed go command; a full disk gets its own. */
export function failure(pinned: Pick<Pinned, "folder">, command: string, output: readonly string[]): string {
  const full = output.find((line) => line.includes("no space left on device"));
  if (full !== undefined) {
    return `${command} in ${pinned.folder} ran out of disk space (${full.trim()}): free some space, or set GOCACHE, GOMODCACHE, TMPDIR and PODNET_CACHE to folders on a larger disk.`;
  }
  const last = output.filter((line) => !/^[\w.~/-]+$/.test(line)).slice(-15);
  return `${command} in ${pinned.folder} failed; its last words:\n  ${last.join("\n  ")}`;
}
