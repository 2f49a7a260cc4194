import type { NodeSubnet } from "../../crds/types.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import type { Step } from "../../lib/reconcile/kind.ts";
import { readClaim } from "./read.ts";
import type { Claim, Snapshot } from "./snapshot.ts";

/**
 * The snapshot with its claims as steps have left them: `objects`, by key, is what stands now. A step that is in none of both lists changed nothing, so far as is known;
 * a removal that was done left no object.
 */
export function withWritten(
  snapshot: Snapshot,
  steps: readonly Step<NodeSubnet>[],
  objects: ReadonlyMap<string, Stored<NodeSubnet>>,
): Snapshot {
  const claims = new Map<string, Claim>(snapshot.claims.map((claim) => [claim.object.metadata.name, claim]));
  for (const { op, key } of steps) {
    const object = objects.get(key);
    const claim = object && readClaim(object);
    if (claim !== undefined) claims.set(key, claim);
    else if (op === "remove") claims.delete(key);
  }
  return { ...snapshot, claims: [...claims.values()] };
}
