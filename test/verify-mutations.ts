// npm run verify:mutations [-- --mutant NAME --schedules N --processes P]: whether the simulation notices when the code is broken on purpose.
// For each mutant, which is a change of a copy of the code, it prints what failed first, and how many schedules that took; where so many find nothing, since other
// guards make up for it or it takes more luck, the tests that stand beside the changed code have to notice.
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { inParallel } from "../lib/kube/parallel.ts";
import { Problem, runCommand } from "../tools/problem.ts";
import { createBrokenTree } from "./mutation/broken-tree.ts";
import type { Mutant } from "./mutation/mutant.ts";
import { mutants } from "./mutation/mutants.ts";
import { type Played, playTree } from "./mutation/play-tree.ts";
import { type Tested, testTree } from "./mutation/test-tree.ts";

const ROOT = dirname(import.meta.dirname);

interface Settings {
  /** Seeds 1 to this are played, at most. */
  readonly schedules: number;
  readonly processes: number;
  readonly chosen: readonly Mutant[];
}

function parseSettings(words: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...words],
    options: { schedules: { type: "string" }, processes: { type: "string" }, mutant: { type: "string", multiple: true } },
  });
  const names = new Set(values.mutant);
  const chosen = names.size === 0 ? mutants : mutants.filter(({ name }) => names.has(name));
  if (chosen.length < names.size)
    throw new Problem(`there is no such mutant; these are: ${mutants.map(({ name }) => name).join(", ")}`);
  return {
    schedules: numberOf("schedules", values.schedules, 3_000),
    processes: numberOf("processes", values.processes, Math.min(2, availableParallelism())),
    chosen,
  };
}

function numberOf(option: string, text: string | undefined, usual: number): number {
  const number = text === undefined ? usual : Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new Problem(`--${option} ${text} is no positive whole number`);
  return number;
}

/** Where to play, and when to stop. */
interface Ground {
  readonly parent: string;
  readonly signal: AbortSignal;
}

/** What came of a tree: of its schedules, or, where they all passed, of the tests beside what was changed. */
type Outcome = Played | Tested;

async function play(mutant: Mutant | undefined, from: number, count: number, { parent, signal }: Ground): Promise<Outcome> {
  const tree = await createBrokenTree(ROOT, parent, mutant);
  const { folder } = tree;
  try {
    const played = await playTree({ folder, from, count, signal });
    return played.is === "passed" && mutant !== undefined ? await testTree({ folder, mutants: [mutant], signal }) : played;
  } finally {
    await tree.remove();
  }
}

/** The code as it is has to pass, else a failure says nothing of a mutant. */
async function playControl({ schedules, processes, chosen }: Settings, ground: Ground): Promise<boolean> {
  const share = Math.ceil(schedules / processes);
  const starts = Array.from({ length: Math.ceil(schedules / share) }, (_, index) => 1 + index * share);
  const results = await inParallel(starts, processes, (from) =>
    play(undefined, from, Math.min(share, schedules + 1 - from), ground),
  );
  results.push(await testControl(chosen, ground));
  for (const result of results) if (result.is !== "passed") console.log(`✖ without a mutant: ${describe(result)}`);
  return results.every(({ is }) => is === "passed");
}

async function testControl(chosen: readonly Mutant[], { parent, signal }: Ground): Promise<Tested> {
  const tree = await createBrokenTree(ROOT, parent, undefined);
  try {
    return await testTree({ folder: tree.folder, mutants: chosen, signal });
  } finally {
    await tree.remove();
  }
}

function describe(played: Outcome): string {
  if (played.is === "passed") return "NOT CAUGHT";
  if (played.is === "noticed") return `caught by the test ${JSON.stringify(played.test)}`;
  if (played.is === "broken") return `NOT USABLE: ${played.why}`;
  const { seed, message } = played.failure;
  return `caught by schedule ${seed}: ${message.length > 150 ? `${message.slice(0, 147)}...` : message}`;
}

async function playMutants({ schedules, processes, chosen }: Settings, ground: Ground): Promise<number> {
  const width = Math.max(...chosen.map(({ name }) => name.length));
  const results = await inParallel(chosen, processes, async (mutant) => {
    const began = performance.now();
    const played = await play(mutant, 1, schedules, ground);
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    const isCaught = played.is === "failed" || played.is === "noticed";
    console.log(`${isCaught ? "✓" : "✖"} ${mutant.name.padEnd(width)} ${seconds.padStart(4)} s  ${describe(played)}`);
    if (!isCaught) console.log(`  ${mutant.breaks}`);
    return played;
  });
  const caught = results.flatMap((played) => (played.is === "failed" ? [played.failure.seed] : []));
  const most = caught.length === 0 ? "" : `; the schedules needed: ${caught.toSorted((a, b) => a - b).join(" ")}`;
  const noticed = results.filter(({ is }) => is === "noticed").length;
  console.log(`\n${caught.length} of ${chosen.length} mutants were caught within ${schedules} schedules${most}`);
  console.log(`${noticed} more by the tests beside the changed code`);
  return chosen.length - caught.length - noticed;
}

async function main(words: readonly string[]): Promise<number> {
  const settings = parseSettings(words);
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(name, () => stop.abort(new Problem(`stopped by ${name} before the end`)));
  const parent = await mkdtemp(join(tmpdir(), "podnet-mutations-"));
  try {
    const ground = { parent, signal: stop.signal };
    const began = performance.now();
    if (!(await playControl(settings, ground))) return 1;
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`✓ without a mutant ${settings.schedules} schedules pass, and the tests, ${seconds} s\n`);
    return (await playMutants(settings, ground)) === 0 ? 0 : 1;
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

await runCommand(() => main(process.argv.slice(2)));
