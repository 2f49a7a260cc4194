// npm run verify:drift [-- --rounds N --seed S --workers W]: thousands of times somebody damages what an agent has set up on a node, in every way, while what is wanted changes, too.
// After each: one look repairs it, the next one finds nothing, the kernel's text is what it was, nothing of others was touched, each repair is told as drift, and no own change is.
// A walk that fails is told by its seed; with --seed and --trace it is taken alone, and all that happens in it is printed. --all goes on after failures.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Problem, runCommand } from "../tools/problem.ts";
import { countOf, startSeedReport } from "./support/seed-report.ts";
import { damages } from "./walk/damage.ts";
import { startWalks } from "./walk/start-walks.ts";

/** Of one walk, from a clean node on. */
const roundsEach = 10;

/** Below so many rounds a damage that was never done says nothing. */
const enough = 2_000;

interface Failure {
  readonly seed: number;
  readonly message: string;
}

interface Request {
  readonly seed: number;
  readonly walks: number;
  readonly workers: number;
  readonly goesOn: boolean;
}

const render = ({ seed, message }: Failure) => `✖ ${message}\n  npm run verify:drift -- --seed ${seed} --trace`;

async function verify({ seed, walks, workers, goesOn }: Request, t: Cleanup): Promise<number> {
  const report = startSeedReport({ total: walks, noun: "walks", render, goesOn });
  const failures: Failure[] = [];
  const counts = new Map<string, number>(Object.keys(damages).map((name) => [name, 0]));
  let done = 0;
  const each = Math.ceil(walks / workers);
  await Promise.all(
    Array.from({ length: workers }, (_, n) => {
      const share = { seed: seed + n * each, walks: Math.min(each, walks - n * each), rounds: roundsEach };
      return startWalks(t, { ...share, trace: false, limitMs: Number.MAX_SAFE_INTEGER }, (answer) => {
        if ("trace" in answer) return false;
        done += 1;
        for (const name of answer.damaged) counts.set(name, (counts.get(name) ?? 0) + 1);
        if (answer.failure !== undefined) failures.push({ seed: answer.seed, message: answer.failure });
        return report.onShare({ done, failures });
      });
    }),
  );
  for (const [name, times] of counts) console.log(`${name.padEnd(56)} ${times}`);
  console.log(`${done} walks of ${roundsEach} rounds from seed ${seed} in ${report.seconds().toFixed(0)} s`);
  const missing = done * roundsEach < enough ? [] : [...counts].filter(([, times]) => times === 0);
  for (const [name] of missing) console.log(`✖ ${name}: never came about, so nothing is proved of it`);
  return failures.length + missing.length === 0 ? 0 : 1;
}

async function trace(seed: number, t: Cleanup): Promise<number> {
  let failure: string | undefined;
  await startWalks(t, { seed, walks: 1, rounds: roundsEach, trace: true, limitMs: Number.MAX_SAFE_INTEGER }, (answer) => {
    if ("trace" in answer) console.log(answer.trace);
    else failure = answer.failure;
  });
  console.log(failure ?? "nothing failed");
  return failure === undefined ? 0 : 1;
}

/** What is to be done in the end, the last first. */
interface Cleanup {
  after(done: () => unknown): void;
}

async function withCleanup<T>(act: (t: Cleanup) => Promise<T>): Promise<T> {
  const pending: (() => unknown)[] = [];
  try {
    return await act({ after: (done) => void pending.push(done) });
  } finally {
    for (const done of pending.toReversed()) await done();
  }
}

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      rounds: { type: "string", default: "5000" },
      workers: { type: "string", default: String(Math.min(2, availableParallelism())) },
      trace: { type: "boolean", default: false },
      all: { type: "boolean", default: false },
    },
  });
  const [seed, rounds, workers] = [
    countOf(values.seed, "seed"),
    countOf(values.rounds, "rounds"),
    countOf(values.workers, "workers"),
  ];
  if (rounds === 0 || workers === 0) throw new Problem("--rounds and --workers must be 1 or more.");
  console.log(`seed ${seed}`);
  const request = { seed, walks: Math.ceil(rounds / roundsEach), workers, goesOn: values.all };
  return withCleanup((t) => (values.trace ? trace(seed, t) : verify(request, t)));
});
