import { firstAddress, type Prefix, renderPrefix } from "../../lib/net/prefix.ts";
import { renderAddress } from "../../lib/net/address.ts";
import { indexPrefixes } from "../../lib/net/prefix-index.ts";
import type { Claim, NodeFacts, Snapshot } from "./snapshot.ts";

/** A node's address that lies in somebody's subnet. No agent routes to that subnet then, since the node could not be reached any more. */
export interface AddressConflict {
  readonly node: NodeFacts;
  /** The address, as a prefix of that one. */
  readonly host: Prefix;
  readonly claim: Claim;
}

/** Every conflict of a node's address with a claim that nodes use. New subnets have none: this comes of nodes that come later. */
export function addressConflicts({ ledger, nodes, claims }: Snapshot): AddressConflict[] {
  const ranges = indexPrefixes(ledger?.entries ?? []);
  const inside = nodes.flatMap((node) =>
    node.hosts.filter((host) => ranges.around(host) !== undefined).map((host) => ({ node, host })),
  );
  if (inside.length === 0) return [];
  const subnets = indexPrefixes(claims.filter(({ object }) => object.spec.state !== "Pending"));
  return inside.flatMap(({ node, host }) => subnets.allAround(host).map((claim) => ({ node, host, claim })));
}

/** e.g. `"10.244.3.7 in 10.244.3.0/24 of node-3"`. */
export function describeConflict({ host, claim: { prefix, object } }: AddressConflict): string {
  return `${renderAddress(firstAddress(host))} in ${renderPrefix(prefix)} of ${object.spec.node}`;
}

/** Which conflict of a node it is, e.g. `"10.244.3.7/32 in 10.244.3.0/24"`. */
export function renderConflict({ host, claim: { prefix } }: AddressConflict): string {
  return `${renderPrefix(host)} in ${renderPrefix(prefix)}`;
}

/** What a conflict does, and what to do about it. */
export const conflictRemedy =
  "no other node routes to such a subnet, since the node with that address could not be reached; give that Node another address, or append a range and drain this one (state: Draining)";
