/**
 * Active: new pods get addresses of it. Draining: none do. Held: neither, since its claim is at rest.
 * Leaving: it was taken from this node, and goes with its last lease. All but Active ones are served to the pods that have them.
 */
export type SubnetState = "Active" | "Draining" | "Held" | "Leaving";

/** What the spec says of a subnet: its state, or Unnamed while it speaks of others, or Silent since it speaks of none. */
export type Saying = "Active" | "Draining" | "Unnamed" | "Silent";

/** How a prefix stands in the API: the state of this node's own claim of it, or Taken by a claim that overlaps it, or None knows of it. */
export type ClaimStanding = "Active" | "Draining" | "Held" | "Pending" | "Taken" | "None";

/** The state of a subnet after a look; `before` is undefined where this node did not have it. */
export function stateAfter(before: SubnetState | undefined, saying: Saying, standing: ClaimStanding): SubnetState {
  if (standing === "Taken") return "Leaving";
  if (standing === "Held") return saying === "Unnamed" ? "Leaving" : "Held";
  return standing === "Active" || standing === "Draining" ? claimed(before, saying, standing) : unclaimed(before, saying);
}

/** Whether the API says that the subnet is this node's. */
export function isConfirmed(saying: Saying, standing: ClaimStanding): boolean {
  return isState(saying) || isState(standing);
}

/** Whether a node that did not have a subnet begins to: where the spec names it and the claim stands, or where pods use it; never before its claim counts. */
export function begins(saying: Saying, standing: ClaimStanding, isUsed: boolean): boolean {
  return isUsed ? standing !== "Pending" : isState(saying) && isState(standing);
}

function claimed(before: SubnetState | undefined, saying: Saying, standing: "Active" | "Draining"): SubnetState {
  if (saying === "Unnamed") return "Leaving";
  if (saying !== "Silent") return saying;
  return before === "Held" ? standing : (before ?? "Draining");
}

/** Whoever was Held or leaving and has no claim any more was let go in order; anything else is lost, and stays as it was. */
function unclaimed(before: SubnetState | undefined, saying: Saying): SubnetState {
  if (before === "Held" || before === "Leaving") return "Leaving";
  return isState(saying) ? saying : (before ?? "Draining");
}

function isState(word: Saying | ClaimStanding): word is "Active" | "Draining" {
  return word === "Active" || word === "Draining";
}
