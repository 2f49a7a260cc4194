import type { NodeNetwork, NodeSubnet } from "../../crds/types.ts";
import { isPrefixProblem, parsePrefix } from "../../lib/net/prefix.ts";
import type { Allocation } from "./allocate.ts";
import type { Claim, NodeRecord, Snapshot } from "./snapshot.ts";

/** What may go, once it is proven; the views it is drawn from may be old. */
export interface ReleaseCandidates {
  /** Claims whose Node, by name and UID, is not to be seen. */
  readonly departed: readonly Claim[];
  /** Claims that their node never used, since its NodeNetwork names others. */
  readonly surplus: readonly Claim[];
  /** NodeNetworks without a Node of their name. */
  readonly records: readonly NodeRecord[];
}

/** Everything that seems to be left over. */
export function releaseCandidates({ nodes, claims, records }: Snapshot, { members }: Allocation): ReleaseCandidates {
  const uids = new Map(nodes.map((node) => [node.name, node.uid]));
  return {
    departed: claims.filter(({ object }) => uids.get(object.spec.node) !== object.spec.nodeUID),
    surplus: members.flatMap((member) => member.surplus),
    records: records.filter(({ node }) => !uids.has(node)),
  };
}

/**
 * Whether the owner is gone. `now` is the Node as the API server just gave it, undefined for its 404.
 * Only absence counts, or another Node in its place: one that is being deleted still runs its pods.
 */
export function isOwnerGone(nodeUID: string, now: { readonly metadata: { readonly uid: string } } | undefined): boolean {
  return now?.metadata.uid !== nodeUID;
}

/** Whether the NodeNetwork, as the API server just gave it, names another subnet of this family for the owner, and not this one. */
export function isSurplus({ spec }: NodeSubnet, now: NodeNetwork | undefined): boolean {
  if (now === undefined || now.spec.nodeUID !== spec.nodeUID) return false;
  const cidrs = now.spec.subnets.map(({ cidr }) => cidr);
  return (
    !cidrs.includes(spec.cidr) && (now.spec.networkUID !== spec.networkUID || cidrs.some((cidr) => isSameFamily(cidr, spec.cidr)))
  );
}

function isSameFamily(a: string, b: string): boolean {
  const [one, other] = [parsePrefix(a), parsePrefix(b)];
  return !isPrefixProblem(one) && !isPrefixProblem(other) && one.family === other.family;
}
