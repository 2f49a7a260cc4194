import type { NodeSubnet } from "../../crds/types.ts";
import type { Step } from "../../lib/reconcile/kind.ts";

/**
 * Why a node gets a claim. `Assigned`: it has none of the family, or the subnet is set aside for it. `Added`: those that it has do not do. `Adopted`: it is the
 * Node's podCIDR. `Repaired`: the node has the subnet, and the claim of that vanished.
 */
export type ClaimCause = "Assigned" | "Added" | "Adopted" | "Repaired";

/** A step with a claim, and why its node gets that. */
export interface ClaimStep extends Step<NodeSubnet> {
  readonly cause?: ClaimCause;
}

/** Of those that are the same for every claim, the words. */
export const causeWords = {
  Adopted: "it is the podCIDR of the Node",
  Repaired: "its claim vanished while the node uses it",
} as const satisfies Partial<Record<ClaimCause, string>>;

/** The cause that a step of whatever kind carries. */
export function causeOf(step: Step<unknown>): ClaimCause | undefined {
  return "cause" in step && isCause(step.cause) ? step.cause : undefined;
}

function isCause(value: unknown): value is ClaimCause {
  return value === "Assigned" || value === "Added" || value === "Adopted" || value === "Repaired";
}
