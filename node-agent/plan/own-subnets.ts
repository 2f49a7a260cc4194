import { type Prefix, prefixesOverlap, renderPrefix } from "../../lib/net/prefix.ts";
import type { Claim } from "./claim.ts";
import type { NamedSubnet } from "./own-network.ts";
import { overlapFinder } from "./overlap.ts";

/** A subnet that this node has, whatever its spec says now. */
export interface OwnSubnet {
  readonly prefix: Prefix;
  /**
   * Active: new pods get addresses of it. Draining: none do. Held: neither, since its claim is at rest.
   * Leaving: it was taken from this node, and goes with its last lease. All but Active ones are served to the pods that have them.
   */
  readonly state: "Active" | "Draining" | "Held" | "Leaving";
  /** Known only from before a reboot: evidence, of which nothing is programmed. */
  readonly stale: boolean;
}

/** What decides about a node's subnets. */
export interface SubnetSight {
  readonly node: string;
  /** The subnets of the spec; undefined: it says nothing about them, and what there is stays. */
  readonly named: readonly NamedSubnet[] | undefined;
  /** Claims in the API, of all nodes. */
  readonly claims: readonly Claim[];
  /** How many leases lie in a prefix; undefined: not known, so that it counts as used. */
  readonly leases: (prefix: Prefix) => number | undefined;
  /** Whether no configuration has offered it for so long that no pod can still be getting an address of it. */
  readonly isClosed: (prefix: Prefix) => boolean;
}

/** How a prefix stands in the API: the state of this node's own claim of it, or that others have it, or that nothing is known of it. */
type Standing = "Active" | "Draining" | "Held" | "Pending" | "Taken" | "None";

/** Gives the standing of prefixes. */
export function standings({ node, claims }: Pick<SubnetSight, "node" | "claims">): (prefix: Prefix) => Standing {
  const own = new Map(claims.filter((claim) => claim.node === node).map((claim) => [renderPrefix(claim.prefix), claim.state]));
  let isTaken: ((prefix: Prefix) => boolean) | undefined;
  return (prefix) => {
    const state = own.get(renderPrefix(prefix));
    if (state !== undefined) return state;
    isTaken ??= overlapFinder(claims.filter((claim) => claim.state !== "Pending").map((claim) => claim.prefix));
    return isTaken(prefix) ? "Taken" : "None";
  };
}

/**
 * The subnets that a node has after a look, from those that it had: as the spec says where it names them, else until they were given up properly.
 * That is when the spec speaks of others while the claim stands, or when the claim was Held, or has become somebody else's. A claim that just
 * vanished changes nothing. Disjoint; those of the spec first, in its order.
 */
export function nextSubnets(before: readonly OwnSubnet[], sight: SubnetSight): OwnSubnet[] {
  const standingOf = standings(sight);
  const known = new Map(before.map((subnet) => [renderPrefix(subnet.prefix), subnet]));
  const claimed = sight.claims.filter((claim) => claim.node === sight.node && claim.state !== "Pending");
  const candidates = new Map(
    [...(sight.named ?? []), ...before, ...claimed].map(({ prefix }) => [renderPrefix(prefix), prefix] as const),
  );
  const kept: OwnSubnet[] = [];
  for (const [cidr, prefix] of candidates) {
    const next = nextSubnet(known.get(cidr), prefix, standingOf(prefix), sight);
    if (next !== undefined && !kept.some((other) => prefixesOverlap(other.prefix, prefix))) kept.push(next);
  }
  return kept;
}

function nextSubnet(
  before: OwnSubnet | undefined,
  prefix: Prefix,
  standing: Standing,
  sight: SubnetSight,
): OwnSubnet | undefined {
  const named = sight.named?.find((subnet) => renderPrefix(subnet.prefix) === renderPrefix(prefix))?.state;
  const leases = sight.leases(prefix);
  const isNew = before === undefined;
  if (isNew && named === undefined && (leases ?? 0) === 0) return undefined;
  if (isNew && standing === "Pending") return undefined;
  const state = stateOf(before?.state, named, standing, sight.named !== undefined);
  const isConfirmed = named !== undefined || standing === "Active" || standing === "Draining";
  if (before?.stale === true && !isConfirmed) return leases === 0 ? undefined : { prefix, state, stale: true };
  const isGone = state === "Leaving" && leases === 0 && (isNew || sight.isClosed(prefix));
  return isGone ? undefined : { prefix, state, stale: false };
}

function stateOf(
  before: OwnSubnet["state"] | undefined,
  named: NamedSubnet["state"] | undefined,
  standing: Standing,
  specSpeaks: boolean,
): OwnSubnet["state"] {
  const isUnnamed = specSpeaks && named === undefined;
  if (standing === "Taken") return "Leaving";
  if (standing === "Held") return isUnnamed ? "Leaving" : "Held";
  if (standing === "None" || standing === "Pending") {
    // Whoever was Held or leaving and has no claim any more was let go in order.
    if (before === "Held" || before === "Leaving") return "Leaving";
    return named ?? before ?? "Draining";
  }
  if (named !== undefined) return named;
  if (isUnnamed) return "Leaving";
  return before === "Held" ? standing : (before ?? "Draining");
}
