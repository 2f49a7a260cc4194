// npm run verify:allocation [-- --seed S --schedules N --workers W --judged K]: a million schedules of faults against the allocation protocol.
// What must always hold is checked in all of them after every write. Seeds that K divides (usually 40) go on in fine weather until all is as it must be in the end, which
// takes four times as long as all that happens before; --judged 1 plays every seed so.
// With --trace the one schedule of the seed is played, judged, and all that happens in it is printed; --without leaves out moves by name, --all goes on after failures.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Problem, runCommand } from "../tools/problem.ts";
import { proofKinds } from "./simulation/allocation-proof.ts";
import { createCoverage } from "./simulation/coverage.ts";
import { playProof } from "./simulation/play-proof.ts";
import { proofEvents } from "./simulation/proof-coverage.ts";
import type { Played } from "./simulation/play-proof.ts";
import { type SpreadOptions, spreadProof } from "./simulation/spread-proof.ts";
import { countOf, startSeedReport } from "./support/seed-report.ts";

/** Below this many schedules that are judged at rest, where nodes grow, a counter at zero says nothing. */
const enough = 2_000;

/** What failed, and how to see it happen; said at once, since the end may be an hour away. */
function renderFailure({ seed, message }: Played["failures"][number]): string {
  return `✖ ${message}\n  npm run verify:allocation -- --seed ${seed} --trace`;
}

async function verify(request: Omit<SpreadOptions, "onShare">, goesOn: boolean): Promise<number> {
  const { seed, schedules } = request;
  const { onShare, seconds } = startSeedReport({ total: schedules, noun: "schedules", render: renderFailure, goesOn });
  const { done, coverage, failures } = await spreadProof({ ...request, onShare });
  for (const [name, times] of coverage.all()) console.log(`${name.padEnd(28)} ${times}`);
  console.log(`${done} schedules from seed ${seed} in ${seconds().toFixed(0)} s`);
  const missing = done / (request.judgedEach ?? 1) < enough || request.without?.length !== 0 ? [] : coverage.missing(proofEvents);
  for (const name of missing) console.log(`✖ ${name} never came about, so nothing is proved of it`);
  return failures.length + missing.length === 0 ? 0 : 1;
}

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      schedules: { type: "string", default: "1000000" },
      workers: { type: "string", default: String(Math.min(2, availableParallelism())) },
      trace: { type: "boolean", default: false },
      judged: { type: "string", default: "40" },
      all: { type: "boolean", default: false },
      without: { type: "string", multiple: true, default: [] },
    },
  });
  const seed = countOf(values.seed, "seed");
  const [schedules, workers] = [countOf(values.schedules, "schedules"), countOf(values.workers, "workers")];
  const judgedEach = countOf(values.judged, "judged");
  if (judgedEach === 0) throw new Problem("--judged must be 1 or more: of so many seeds one is judged at rest.");
  if (!values.trace) return verify({ seed, schedules, workers, without: values.without, judgedEach }, values.all);
  const trace = (line: string) => console.log(line);
  await playProof({ seed, kinds: proofKinds(), coverage: createCoverage(), without: values.without, trace });
  return 0;
});
