import type { NodeSubnet } from "../../crds/types.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import type { Step, StepError } from "../../lib/reconcile/kind.ts";
import { readClaim } from "./read.ts";
import type { Claim, Snapshot } from "./snapshot.ts";

/** What came of steps. */
export interface ClaimOutcome {
  /** Those that were not done, or that nobody knows of whether they were. */
  readonly failures: readonly Pick<StepError, "op" | "key">[];
  /** Key of a step that was done → what stands now; none where it was a removal. */
  readonly objects: ReadonlyMap<string, Stored<NodeSubnet>>;
}

/** The snapshot with its claims as steps have left them. One that failed changed nothing, so far as is known: a claim that could not be removed still stands. */
export function withWritten(
  snapshot: Snapshot,
  steps: readonly Step<NodeSubnet>[],
  { failures, objects }: ClaimOutcome,
): Snapshot {
  const failed = new Set(failures.map(({ op, key }) => `${op} ${key}`));
  const claims = new Map<string, Claim>(snapshot.claims.map((claim) => [claim.object.metadata.name, claim]));
  for (const { op, key } of steps) {
    const object = objects.get(key);
    const claim = object && readClaim(object);
    if (claim !== undefined) claims.set(key, claim);
    else if (op === "remove" && !failed.has(`${op} ${key}`)) claims.delete(key);
  }
  return { ...snapshot, claims: [...claims.values()] };
}
