import { runCommand } from "../../tools/problem.ts";
import { allocationProof, proofKinds } from "../simulation/allocation-proof.ts";
import { runSchedule } from "../simulation/run-schedule.ts";
import type { HuntFailure, HuntLine } from "./hunt-report.ts";

function tell(line: HuntLine): void {
  console.log(JSON.stringify(line));
}

/** Plays the schedules `from`, `from + 1`, … of the code that this file stands beside, until one fails. */
async function hunt(from: number, count: number): Promise<void> {
  const kinds = proofKinds();
  tell({ is: "loaded" });
  for (let seed = from; seed < from + count; seed++) {
    const failure = await failureOf(seed, kinds);
    if (failure !== undefined) return tell({ is: "failed", failure });
    tell({ is: "alive", seed });
  }
  tell({ is: "passed", schedules: count });
}

async function failureOf(seed: number, kinds: ReturnType<typeof proofKinds>): Promise<HuntFailure | undefined> {
  try {
    await runSchedule(allocationProof({ kinds, seed }), { seed });
    return undefined;
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const [message = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    return { seed, message, error: cause instanceof Error ? cause.name : typeof cause };
  }
}

const [from, count] = process.argv.slice(2).map(Number);
await runCommand(async () => {
  await hunt(from ?? 1, count ?? 1);
  return 0;
});
