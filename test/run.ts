import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { apiServerFamily } from "../tools/api-server-family.ts";
import { compileCache } from "../tools/compile-cache.ts";
import { provideBinaries } from "../tools/binaries.ts";
import type { Family } from "../tools/family.ts";
import { DEBIAN_PACKAGES, type DebianPackage, GITOPS_PACKAGES, provideDebianPackages } from "../tools/packages.ts";
import { requireLinux, requireRoot } from "../tools/preflight.ts";
import { Problem, runCommand } from "../tools/problem.ts";
import { openProgress, type Progress } from "../tools/progress.ts";
import { type Budget, type LevelName, levelNamed } from "./level.ts";
import { parseRequest, type Request } from "./request.ts";
import { runLevel } from "./run-level.ts";
import { testFiles } from "./test-files.ts";
import { type Counts, judge, renderTable, type Result } from "./verdict.ts";

const ROOT = dirname(import.meta.dirname);

/** What each level stands on. */
const NEEDS: Readonly<Record<LevelName, { readonly packages: readonly DebianPackage[]; readonly families: readonly Family[] }>> =
  {
    unit: { packages: [], families: [] },
    kernel: { packages: ["nftables", "iproute2", "util-linux"], families: ["cni-plugins"] },
    contract: { packages: ["iproute2", "util-linux"], families: ["etcd"] },
    cluster: { packages: DEBIAN_PACKAGES, families: ["cni-plugins", "etcd", "containerd", "kubernetes"] },
    delivery: {
      packages: [...DEBIAN_PACKAGES, ...GITOPS_PACKAGES],
      families: ["cni-plugins", "etcd", "containerd", "kubernetes", "helm", "prometheus", "argocd"],
    },
  };

async function main(args: readonly string[]): Promise<number> {
  requireLinux("podnet's tests");
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { kubernetes: { type: "string" } },
    allowPositionals: true,
  });
  if (values.kubernetes !== undefined) process.env["PODNET_LAB_KUBERNETES"] = values.kubernetes;
  Object.assign(process.env, compileCache);
  const request = parseRequest(positionals, await testFiles(ROOT));
  if (typeof request === "string") throw new Problem(`${request}.`);
  const stop = new AbortController();
  let signalled: NodeJS.Signals | undefined;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      signalled = signal;
      stop.abort(new Error(`stopped by ${signal}`));
    });
  }
  const results = await runAll(request, openProgress(), stop.signal);
  const verdict = judge(results);
  console.log(`\n${renderTable(results)}\n`);
  for (const problem of verdict.problems) console.log(`✖ ${problem}`);
  if (signalled !== undefined) console.log(`✖ stopped by ${signalled} before the end`);
  console.log(`${verdict.passed} passed, ${verdict.failed} failed`);
  return verdict.failed === 0 && signalled === undefined ? 0 : 1;
}

/** Runs every level asked for, whatever came of those before it, so that one run tells everything. */
async function runAll(request: Request, progress: Progress, stop: AbortSignal): Promise<Result[]> {
  const results: Result[] = [];
  const providing = new Map<Budget, number>();
  for (const [name, files] of request) {
    if (stop.aborted) break;
    const level = levelNamed(name);
    const began = performance.now();
    const refused = await whyNot(name, level.needsRoot, progress);
    const ready = performance.now();
    providing.set(level.programs, (providing.get(level.programs) ?? 0) + (ready - began) / 1000);
    if (refused !== undefined) {
      results.push({ name, seconds: 0, budget: level.budget, refused });
      continue;
    }
    console.log(`\n── ${name}: ${files.length} files ──`);
    const counts = await runLevel(level, ROOT, files, stop);
    printCounts(counts);
    results.push({ name, seconds: (performance.now() - ready) / 1000, budget: level.budget, counts });
  }
  if (results.every(({ name }) => name === "unit")) return results;
  return [...results, ...Array.from(providing, ([budget, seconds]) => ({ name: budget.levels.join(), seconds, budget }))];
}

/** The counts of a level, as readers of test logs look for them. */
function printCounts({ passed, failed, skipped }: Counts): void {
  console.log(`# tests ${passed + failed + skipped}\n# pass ${passed}\n# fail ${failed}\n# skipped ${skipped}`);
}

function familiesOf(name: LevelName): readonly Family[] {
  return name === "contract" ? [...NEEDS[name].families, apiServerFamily()] : NEEDS[name].families;
}

/** Provides what a level stands on; gives why it cannot run, as a sentence, or undefined. */
async function whyNot(name: LevelName, needsRoot: boolean, progress: Progress): Promise<string | undefined> {
  try {
    if (needsRoot) requireRoot(`The level ${name}`);
    await provideDebianPackages(NEEDS[name].packages, progress);
    await provideBinaries(familiesOf(name), progress);
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error.message;
    throw error;
  }
}

await runCommand(() => main(process.argv.slice(2)));
