import { comparePrefixes, containsPrefix, type Prefix, prefixesOverlap, renderPrefix } from "../../lib/net/prefix.ts";
import type { Acceptance } from "./accept.ts";
import { type PrefixIndex, indexPrefixes } from "../../lib/net/prefix-index.ts";
import type { Member } from "./member.ts";
import type { Claim, Network, Snapshot } from "./snapshot.ts";

/** A podCIDR of a Node that did not become its subnet, and why. */
export interface Unadopted {
  readonly node: string;
  readonly podCIDR: Prefix;
  /** e.g. `"it lies in no range of the network"`. */
  readonly why: string;
}

/** Gives what became of the podCIDRs of a network's nodes; nothing is looked up where no Node has one. */
export type AdoptionCheck = (network: Network, acceptance: Acceptance, members: readonly Member[]) => Unadopted[];

/**
 * A check over all claims. It says nothing of a node before it has a subnet of the podCIDR's family, since until then it may still be adopted, nor of a family
 * that the network does not have.
 */
export function adoptionCheck({ claims, nodes }: Pick<Snapshot, "claims" | "nodes">): AdoptionCheck {
  let owners: ReadonlyMap<string, Claim> | undefined;
  const ownerOf = (prefix: Prefix) => {
    owners ??= new Map(claims.map((claim) => [claim.object.spec.cidr, claim]));
    return owners.get(renderPrefix(prefix));
  };
  let hosts: PrefixIndex<{ readonly prefix: Prefix; readonly name: string }> | undefined;
  const nodeIn = (prefix: Prefix) => {
    hosts ??= indexPrefixes(nodes.flatMap(({ name, hosts }) => hosts.map((prefix) => ({ prefix, name }))));
    return hosts.touching(prefix)[Symbol.iterator]().next().value?.name;
  };
  return (network, acceptance, members) =>
    network.object.spec.adoption.nodePodCIDR === "Never"
      ? []
      : members.flatMap((member) =>
          notAdopted(member).map((podCIDR) => {
            const [owner, hidden] = [ownerOf(podCIDR), nodeIn(podCIDR)];
            const why = whyNot(podCIDR, { network, acceptance, owner, hidden, node: member.node.name });
            return { node: member.node.name, podCIDR, why };
          }),
        );
}

function notAdopted({ node, holding }: Member): Prefix[] {
  if (node.podCIDRs.length === 0) return [];
  const has = [...holding.kept, ...holding.spare, ...holding.returning].map(({ prefix }) => prefix).concat(holding.lost);
  return node.podCIDRs.filter(
    (podCIDR) =>
      has.some(({ family }) => family === podCIDR.family) && !has.some((prefix) => comparePrefixes(prefix, podCIDR) === 0),
  );
}

interface Facts {
  readonly network: Network;
  readonly acceptance: Acceptance;
  /** The claim of this very prefix. */
  readonly owner: Claim | undefined;
  /** A node with an address in it. */
  readonly hidden: string | undefined;
  readonly node: string;
}

function whyNot(podCIDR: Prefix, { network, acceptance, owner, hidden, node }: Facts): string {
  const range = network.ranges.find(({ prefix }) => containsPrefix(prefix, podCIDR));
  if (range === undefined) return "it lies in no range of the network";
  if (range.subnetLength !== podCIDR.length) return `${range.cidr} is cut into subnets of length /${range.subnetLength}`;
  if (!acceptance.accepted.some(({ cidr }) => cidr === range.cidr)) return `${range.cidr} is not accepted`;
  if (owner !== undefined)
    return `NodeSubnet/${owner.object.metadata.name} of Node ${owner.object.spec.node} has it${owner.object.spec.node === node ? " from an earlier time" : ""}`;
  if (network.reserved.some((prefix) => prefixesOverlap(prefix, podCIDR))) return "it is reserved in spec.reserved";
  if (hidden !== undefined) return `an address of Node ${hidden} lies in it`;
  const aside = network.statics.find((subnet) => subnet.node !== node && comparePrefixes(subnet.prefix, podCIDR) === 0);
  if (aside !== undefined) return `spec.staticSubnets sets it aside for Node ${aside.node}`;
  if (range.draining) return `${range.cidr} is being drained`;
  return "the node had another subnet before";
}
