import { readFile } from "node:fs/promises";
import { readManifestFiles } from "./manifest-files.ts";
import type { Output } from "./output.ts";
import type { ClusterState } from "./plan/cluster-state.ts";
import { makePlan } from "./plan/make-plan.ts";
import { whyNothingToJudge } from "./plan/manifest.ts";
import { parseSnapshotFile } from "./plan/snapshot-file.ts";
import { type ClusterOptions, readState } from "./read-state.ts";
import { renderPlan } from "./render-plan.ts";
import { writeText } from "./terminal.ts";

/** As the command line gives them. */
export interface PlanOptions extends ClusterOptions {
  readonly filename: readonly string[];
  readonly snapshot?: string;
  readonly prune?: boolean;
  readonly output: Output;
  readonly limit: number;
  readonly objects?: boolean;
}

/** The exit code by verdict; an error is 1. */
const exitCodes = { NoChange: 0, Change: 2, Refused: 3 } as const;

/**
 * Makes a plan and shows it; gives the exit code.
 * @throws {Error} where no plan can be made, naming the file or the cluster.
 */
export async function runPlan(options: PlanOptions): Promise<number> {
  const { filename, prune = false, output, limit, objects = false } = options;
  const manifests = await readManifestFiles(filename);
  const state = await stateFor(options);
  // With --prune no network at all is something to judge: all go.
  const nothing = prune ? undefined : whyNothingToJudge(manifests, filename);
  if (nothing !== undefined) throw new Error(nothing);
  const made = makePlan({ state, manifests, prune });
  await writeText(renderPlan(made, { output, limit, objects }));
  return exitCodes[made.report.verdict];
}

async function stateFor(options: PlanOptions): Promise<ClusterState> {
  if (options.snapshot === undefined) return readState(options);
  const parsed = parseSnapshotFile(await readFile(options.snapshot, "utf8"));
  if ("problem" in parsed) throw new Error(`${options.snapshot}: ${parsed.problem}`);
  return parsed.state;
}
