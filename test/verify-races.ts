// npm run verify:races [-- --pairs N --moves N --seed S]: what the contract tests do in small, on a real API server.
import { parseArgs } from "node:util";
import { noNodes } from "../lab/instance.ts";
import type { Lab } from "../lab/lab.ts";
import { installManifests } from "../lab/podnet/start-podnet.ts";
import { startLab } from "../lab/start-lab.ts";
import { Problem, runCommand } from "../tools/problem.ts";
import { openProgress } from "../tools/progress.ts";
import { chanceOf } from "./simulation/chance.ts";
import { labName } from "./support/lab-name.ts";
import { churnNodes } from "./support/node-churn.ts";
import { muchPatience, type OperatorWorld, operatorWorld } from "./support/operator-world.ts";
import { startOperatorProcess } from "./support/operator-process.ts";
import { raceOverlaps, racing } from "./support/overlap-race.ts";

/** Pairs that race at once: as many as the node addresses and the patience of a wait allow. */
const atOnce = 40;

function countOf(text: string, option: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 0)
    throw new Problem(`--${option} must be a whole number, not ${JSON.stringify(text)}.`);
  return count;
}

async function race(lab: Lab, world: OperatorWorld, pairs: number): Promise<void> {
  const operators = await Promise.all([0, 1].map(() => startOperatorProcess(lab, racing)));
  try {
    const began = performance.now();
    const { firstWon, polls } = await raceOverlaps({ world, pairs, atOnce });
    const seconds = Math.round((performance.now() - began) / 1000);
    console.log(
      `${pairs} racing pairs of overlapping networks under two operators: exactly one of each accepted, 0 double-usable in ${polls} polls; the one sent first won ${firstWon}; ${seconds} s`,
    );
  } finally {
    await Promise.all(operators.map((operator) => operator.stop()));
  }
}

async function churn(lab: Lab, world: OperatorWorld, moves: number, seed: number): Promise<void> {
  const began = performance.now();
  const figures = await churnNodes({ lab, world, chance: chanceOf(seed), moves });
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(`seed ${seed}: ${JSON.stringify(figures)}: 0 duplicates, 0 leaks; ${seconds} s`);
}

await runCommand(async () => {
  const seedOfNow = String(Date.now() % 1_000_000);
  const { values } = parseArgs({
    options: {
      pairs: { type: "string", default: "1000" },
      moves: { type: "string", default: "200" },
      seed: { type: "string", default: seedOfNow },
    },
  });
  const lab = await startLab(noNodes(labName("verify-races")), { progress: openProgress() });
  try {
    await installManifests(lab);
    const world = await operatorWorld(lab, muchPatience);
    await world.allowOverlaps();
    try {
      await race(lab, world, countOf(values.pairs, "pairs"));
      await world.clear();
      await churn(lab, world, countOf(values.moves, "moves"), countOf(values.seed, "seed"));
    } finally {
      await world.close();
    }
    return 0;
  } finally {
    await lab.stop();
  }
});
