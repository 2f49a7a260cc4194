import { mkdir, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join as joinPath } from "node:path";
import { parseArgs } from "node:util";
import { Problem, runCommand } from "../tools/problem.ts";
import { openProgress } from "../tools/progress.ts";
import { agent } from "./agent.ts";
import { admission } from "./admission.ts";
import type { Bench, BenchInput } from "./bench.ts";
import { conditionsNow, renderConditions, wasBusy } from "./conditions.ts";
import { renderFigures } from "./figure.ts";
import { install } from "./install.ts";
import { join } from "./join.ts";
import { plan } from "./plan.ts";
import { program } from "./program.ts";
import { repair } from "./repair.ts";
import { rotation } from "./rotation.ts";
import { steady } from "./steady.ts";

/** What can be measured, by name. */
const benches: Readonly<Record<string, Bench>> = { join, steady, plan, admission, rotation, program, repair, agent, install };

/** Results go here; git ignores it. */
const folder = joinPath(import.meta.dirname, "..", ".bench");

const help = `npm run bench -- [NAME …] [options]

${Object.entries(benches)
  .map(([name, { title }]) => `  ${name.padEnd(10)} ${title}`)
  .join("\n")}

  --nodes N     nodes of the cluster that is measured (5000)
  --repairs N   how many repairs of a route are measured (1000)
  --rotations N how often the webhook's certificate is renewed (10)
  --rounds N    how often join, plan, admission, program and install are measured (3)
  --whole       wait for NodeIPAM as shipped to the end, about four minutes
  --profile     the operator writes a processor profile to .bench/
`;

const options = {
  nodes: { type: "string", default: "5000" },
  repairs: { type: "string", default: "1000" },
  rotations: { type: "string", default: "10" },
  rounds: { type: "string", default: "3" },
  whole: { type: "boolean", default: false },
  profile: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

async function main(words: readonly string[]): Promise<number> {
  const { values, positionals } = parse(words);
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const unknown = positionals.find((name) => benches[name] === undefined);
  if (unknown !== undefined) throw new Problem(`There is no bench ${unknown}: take one of ${Object.keys(benches).join(", ")}.`);
  const names = positionals.length > 0 ? positionals : Object.keys(benches);
  await mkdir(folder, { recursive: true });
  const input: BenchInput = {
    nodes: wholeNumber("nodes", values.nodes, 60_000),
    repairs: wholeNumber("repairs", values.repairs, 100_000),
    rotations: wholeNumber("rotations", values.rotations, 1_000),
    rounds: wholeNumber("rounds", values.rounds, 100),
    planned: [10_000, 100_000],
    admitted: [
      { networks: 1, ranges: 1 },
      { networks: 100, ranges: 1 },
      { networks: 1_000, ranges: 1 },
      { networks: 250, ranges: 16 },
    ],
    admissionSeconds: 10,
    programmed: [1, 100, 1_000, 5_000],
    whole: values.whole,
    steadySeconds: 60,
    added: 10,
    profileFolder: values.profile ? folder : undefined,
    labName: "bench",
    progress: openProgress(),
  };
  for (const name of names) await runOne(name, input);
  return 0;
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true });
  } catch (error) {
    throw new Problem(`${error instanceof Error ? error.message : String(error)}: npm run bench -- --help tells what there is.`);
  }
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= most) return value;
  throw new Problem(`--${name} ${text} must be a whole number from 1 to ${most}.`);
}

async function runOne(name: string, input: BenchInput): Promise<void> {
  const bench = benches[name];
  if (bench === undefined) return;
  const before = await conditionsNow(new Date());
  const figures = await bench.run(input);
  const conditions = { ...before, loadAfter: loadavg() };
  console.log(`\n── ${name}: ${bench.title} ──\n${renderConditions(conditions)}`);
  if (wasBusy(conditions))
    console.log("The machine was busy with other work when it began: take these figures as an upper bound.");
  console.log(`\n${renderFigures(figures)}`);
  const { nodes, rounds, planned, whole, steadySeconds } = input;
  const file = joinPath(folder, `${name}-${conditions.startedAt.replaceAll(/[^0-9]/g, "").slice(0, 14)}.json`);
  const result = { bench: name, input: { nodes, rounds, planned, whole, steadySeconds }, conditions, figures };
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
}

await runCommand(() => main(process.argv.slice(2)));
