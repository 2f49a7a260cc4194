import type { NodeNetwork, NodeSubnet } from "../../crds/types.ts";
import { parseLoosePrefix, type Prefix, prefixesOverlap } from "../../lib/net/prefix.ts";
import { countOf } from "../../lib/text/counts.ts";
import { compareText } from "../../lib/text/order.ts";
import type { Evidence } from "./evidence.ts";

/** A claim that somebody may use: every one that is not Pending. */
export interface Use {
  readonly node: string;
  readonly cidr: string;
  readonly prefix: Prefix;
  /** Its node is gone or done with it; it rests before another may get it. */
  readonly isHeld: boolean;
  readonly claim: NodeSubnet;
}

/** Which PodNetwork is meant; claims know it by both, and after a restore the uid is another one. */
export interface NetworkIdentity {
  readonly name: string;
  readonly uid: string | undefined;
}

/** The claims that somebody may use, in the order of their nodes' names. */
export function usesOf(claims: readonly NodeSubnet[], prefixOf: Evidence["prefixOf"] = claimPrefix): Use[] {
  const uses = claims.flatMap((claim): Use[] => {
    const { node, cidr, state } = claim.spec;
    const prefix = prefixOf(claim);
    return prefix === undefined || state === "Pending" ? [] : [{ node, cidr, prefix, isHeld: state === "Held", claim }];
  });
  return uses.toSorted((a, b) => compareText(a.node, b.node) || compareText(a.cidr, b.cidr));
}

/** The prefix that is claimed; undefined where the text is none. */
export function claimPrefix({ spec }: NodeSubnet): Prefix | undefined {
  return parseLoosePrefix(spec.cidr);
}

/** Whether a claim, or a node, is one of the network's. */
export function belongsTo(
  { name, uid }: NetworkIdentity,
  { networkUID, network }: Partial<Pick<NodeSubnet["spec"], "network" | "networkUID">>,
): boolean {
  return network === name || (uid !== undefined && networkUID === uid);
}

/** Those of `uses` that share an address with the prefix. */
export function usesIn(uses: readonly Use[], cidr: string): Use[] {
  const around = parseLoosePrefix(cidr);
  return around === undefined ? [] : uses.filter(({ prefix }) => prefixesOverlap(prefix, around));
}

/** How many pods a node reports in a subnet; undefined where it says nothing of it. */
export function podsIn(record: NodeNetwork | undefined, cidr: string): number | undefined {
  return record?.status?.subnets?.find((subnet) => subnet.cidr === cidr)?.leases;
}

/** `"1 pod"`, `"12 pods"`, `"pods unknown"`. */
export function renderPods(count: number | undefined): string {
  return count === undefined ? "pods unknown" : countOf(count, "pod");
}
