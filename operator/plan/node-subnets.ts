import { apiVersion, labels, nodeSubnetName } from "../../crds/names.ts";
import type { NodeSubnet } from "../../crds/types.ts";
import { parseAddress } from "../../lib/net/address.ts";
import { type Prefix, renderPrefix } from "../../lib/net/prefix.ts";
import { diff } from "../../lib/reconcile/diff.ts";
import type { Kind, Step } from "../../lib/reconcile/kind.ts";
import type { Allocation } from "./allocate.ts";
import { readClaim } from "./read.ts";
import type { Network, NodeFacts, Snapshot } from "./snapshot.ts";

/** Claims, compared by their owner, so that a name taken by another one is seen, and by what may change: the addresses of the node. */
export const nodeSubnetKind: Kind<NodeSubnet> = {
  name: "NodeSubnet",
  key: (claim) => claim.metadata.name,
  differs: (want, have) =>
    difference("owner", ownerOf(want), ownerOf(have)) ??
    difference("nextHops", want.spec.nextHops, have.spec.nextHops) ??
    difference("nodeAddresses", want.spec.nodeAddresses, have.spec.nodeAddresses),
};

/** The steps that make the claims as planned: new ones, and old ones whose node has other addresses now. Never a removal. */
export function nodeSubnetSteps({ creates, members }: Allocation): Step<NodeSubnet>[] {
  const adds = creates.map(({ node, network, prefix, because }): Step<NodeSubnet> => {
    const want = nodeSubnetFor(network, node, prefix);
    return { op: "add", kind: nodeSubnetKind.name, key: want.metadata.name, because, want };
  });
  const kept = members.flatMap(({ node, claims }) => claims.map(({ prefix, object }) => ({ node, prefix, object })));
  const want = kept.map(({ node, prefix, object }) => ({ ...object, spec: { ...object.spec, ...addressesFor(node, prefix) } }));
  return [
    ...adds,
    ...diff(
      nodeSubnetKind,
      want,
      kept.map(({ object }) => object),
    ),
  ];
}

/** The snapshot with the claims that these steps added, but for those that failed, named by their keys. */
export function withAdded(snapshot: Snapshot, steps: readonly Step<NodeSubnet>[], failed: ReadonlySet<string>): Snapshot {
  const added = steps.filter(({ op, key }) => op === "add" && !failed.has(key));
  return { ...snapshot, claims: [...snapshot.claims, ...added.flatMap(({ want }) => (want && readClaim(want)) ?? [])] };
}

/** The claim of a prefix for a node. */
export function nodeSubnetFor(network: Network, node: NodeFacts, prefix: Prefix): NodeSubnet {
  const cidr = renderPrefix(prefix);
  return {
    apiVersion,
    kind: "NodeSubnet",
    metadata: { name: nodeSubnetName(cidr), labels: labelsFor(network, node) },
    spec: {
      network: network.name,
      networkUID: network.uid,
      node: node.name,
      nodeUID: node.uid,
      cidr,
      ...addressesFor(node, prefix),
    },
  };
}

/** Next hops: the one of the prefix's own family first. */
function addressesFor(node: NodeFacts, prefix: Prefix): { nextHops: string[]; nodeAddresses: string[] } {
  const isOwnFamily = (address: string) => parseAddress(address)?.family === prefix.family;
  const { internalAddresses } = node;
  return {
    nextHops: [...internalAddresses.filter(isOwnFamily), ...internalAddresses.filter((address) => !isOwnFamily(address))],
    nodeAddresses: [...node.allAddresses],
  };
}

/** Names longer than a label's value may be are left out. */
function labelsFor(network: Network, node: NodeFacts): Record<string, string> {
  const wanted = { [labels.network]: network.name, [labels.node]: node.name };
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value.length <= 63));
}

function ownerOf({ spec }: NodeSubnet): string[] {
  return [`${spec.node} (${spec.nodeUID})`, `${spec.network} (${spec.networkUID})`, spec.cidr];
}

function difference(field: string, want: readonly string[] = [], have: readonly string[] = []): string | undefined {
  const [wanted, found] = [want, have].map((list) => (list.length === 0 ? "none" : list.join(", ")));
  return wanted === found ? undefined : `${field}: ${found}, wanted ${wanted}`;
}
