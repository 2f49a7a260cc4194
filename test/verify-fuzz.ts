// npm run verify:fuzz [-- --cases N --seed S --workers W --target NAME]: a million hostile inputs, of every way in.
// A case that fails is told by its target and seed; with both and --trace it is played alone, and its input is printed. --all goes on after failures.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Problem, runCommand } from "../tools/problem.ts";
import { type Failed, missingOf, traceCase } from "./fuzz/play-fuzz.ts";
import { spreadFuzz, type SpreadOptions } from "./fuzz/spread-fuzz.ts";
import type { Target } from "./fuzz/target.ts";
import { fuzzTargets } from "./fuzz/targets.ts";
import { countOf, startSeedReport } from "./support/seed-report.ts";

/** Below this many cases of all targets a counter at zero says nothing. */
const enough = 20_000;

function targetsNamed(name: string | undefined): readonly Target[] {
  const all = fuzzTargets();
  const found = all.filter((target) => name === undefined || target.name === name);
  if (found.length === 0)
    throw new Problem(`--target must be one of ${all.map((target) => target.name).join(", ")}, not ${JSON.stringify(name)}.`);
  return found;
}

function renderFailure({ target, seed, message }: Failed): string {
  return `✖ ${target}: ${message}\n  npm run verify:fuzz -- --target ${target} --seed ${seed} --trace`;
}

async function verify(
  request: Omit<SpreadOptions, "onShare" | "targets">,
  targets: readonly Target[],
  goesOn: boolean,
): Promise<number> {
  const { seed, cases } = request;
  const { onShare, seconds } = startSeedReport({ total: cases, noun: "cases", render: renderFailure, goesOn });
  const { done, coverage, failures } = await spreadFuzz({ ...request, targets, onShare });
  for (const [name, times] of coverage.all()) console.log(`${name.padEnd(48)} ${times}`);
  for (const failure of failures.filter(({ slow }) => slow)) console.log(renderFailure(failure));
  console.log(`${done} cases from seed ${seed} in ${seconds().toFixed(0)} s`);
  const missing = done < enough ? [] : missingOf(targets, coverage);
  for (const name of missing) console.log(`✖ ${name} never came about, so nothing is proved of it`);
  return failures.length + missing.length === 0 ? 0 : 1;
}

async function trace(target: Target, seed: number): Promise<number> {
  const { input, error, ms } = await traceCase(target, seed);
  console.log(JSON.stringify(input, undefined, 2));
  console.log(`${target.name}, seed ${seed}: ${ms.toFixed(1)} ms`);
  if (error === undefined) return 0;
  console.log(error instanceof Error ? (error.stack ?? error.message) : error);
  return 1;
}

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      cases: { type: "string", default: "1000000" },
      workers: { type: "string", default: String(Math.min(2, availableParallelism())) },
      target: { type: "string" },
      trace: { type: "boolean", default: false },
      all: { type: "boolean", default: false },
    },
  });
  const seed = countOf(values.seed, "seed");
  const targets = targetsNamed(values.target);
  const [first] = targets;
  if (values.trace && (values.target === undefined || first === undefined))
    throw new Problem("--trace plays one case: name its --target, too.");
  if (values.trace && first !== undefined) return trace(first, seed);
  return verify(
    { seed, cases: countOf(values.cases, "cases"), workers: countOf(values.workers, "workers") },
    targets,
    values.all,
  );
});
