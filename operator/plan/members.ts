import { compareAddresses, type Family, parseAddress } from "../../lib/net/address.ts";
import { comparePrefixes, type Prefix, prefixesOverlap } from "../../lib/net/prefix.ts";
import { type Acceptance, isUsable } from "./accept.ts";
import { compareAge, compareText, networkFor } from "./select.ts";
import type { Claim, Network, NodeFacts, NodeRecord, Snapshot } from "./snapshot.ts";

/** A node, the one network it belongs to, and what it has of it. */
export interface Member {
  readonly node: NodeFacts;
  readonly network: Network;
  /** What the node uses: the subnets its NodeNetwork names, else its lowest of a family. */
  readonly claims: readonly Claim[];
  /** Claims of this node that it will never use, since its NodeNetwork names others: left by two operators at once. */
  readonly surplus: readonly Claim[];
  /** Subnets its NodeNetwork names whose claims vanished; pods may have addresses of them, so the node gets these again. */
  readonly lost: readonly Prefix[];
  /** Families it still needs a subnet of. */
  readonly missing: readonly Family[];
}

/** Every node that belongs to a network, by InternalIP, then name: the order in which new nodes are served. */
export function members(snapshot: Snapshot, acceptance: ReadonlyMap<string, Acceptance>): Member[] {
  const byAge = snapshot.networks.toSorted(compareAge);
  const choice = { networks: byAge, usable: (network: Network) => isUsable(network, acceptance.get(network.uid)) };
  const networks = new Map(byAge.map((network) => [network.uid, network]));
  const claims = Map.groupBy(snapshot.claims, (claim) => claim.object.spec.nodeUID);
  const records = new Map(snapshot.records.map((record) => [record.node, record]));
  return snapshot.nodes.toSorted(compareNodes).flatMap((node) => {
    const own = (claims.get(node.uid) ?? []).filter((claim) => claim.object.spec.node === node.name);
    const record = recordOf(node, records);
    const held = heldNetwork(own, record, networks);
    const network = held ?? (own.length === 0 && !node.deleting ? networkFor(node, choice) : undefined);
    if (network === undefined) return [];
    const accepted = acceptance.get(network.uid)?.accepted ?? [];
    return [memberOf({ node, network, own, record }, { accepted, everyClaim: snapshot.claims })];
  });
}

/** Whether a member has a subnet of every family that its network gives. */
export function isComplete(member: Member): boolean {
  return member.claims.length > 0 && member.missing.length === 0 && member.lost.length === 0;
}

function compareNodes(a: NodeFacts, b: NodeFacts): number {
  const [first, second] = [a, b].map((node) => parseAddress(node.internalAddresses[0] ?? ""));
  if (first !== undefined && second !== undefined) return compareAddresses(first, second) || compareText(a.name, b.name);
  if (first === undefined && second === undefined) return compareText(a.name, b.name);
  return first === undefined ? 1 : -1;
}

/** What was written for this very node; an earlier one of its name does not count. */
function recordOf(node: NodeFacts, records: ReadonlyMap<string, NodeRecord>): NodeRecord | undefined {
  const record = records.get(node.name);
  return record?.object.spec.nodeUID === node.uid ? record : undefined;
}

/** The network the node already has subnets of: the one its NodeNetwork names, else the oldest. */
function heldNetwork(
  own: readonly Claim[],
  record: NodeRecord | undefined,
  networks: ReadonlyMap<string, Network>,
): Network | undefined {
  const held = new Set(own.map((claim) => claim.object.spec.networkUID));
  const recorded = record?.object.spec.networkUID;
  if (recorded !== undefined && (held.has(recorded) || held.size === 0)) return networks.get(recorded);
  return [...networks.values()].find((network) => held.has(network.uid));
}

interface Surroundings {
  readonly accepted: Acceptance["accepted"];
  readonly everyClaim: readonly Claim[];
}

interface Holding {
  readonly node: NodeFacts;
  readonly network: Network;
  /** All claims of the node, of whatever network. */
  readonly own: readonly Claim[];
  readonly record: NodeRecord | undefined;
}

function memberOf({ node, network, own, record }: Holding, { accepted, everyClaim }: Surroundings): Member {
  const isRecorded = record?.object.spec.networkUID === network.uid;
  const home = own.filter((claim) => claim.object.spec.networkUID === network.uid);
  const named = isRecorded ? record.subnets : [];
  const kept = home.filter((claim) => named.some((prefix) => comparePrefixes(prefix, claim.prefix) === 0));
  const lost = named
    .filter((prefix) => !kept.some((claim) => comparePrefixes(prefix, claim.prefix) === 0))
    .filter((prefix) => !everyClaim.some((claim) => prefixesOverlap(claim.prefix, prefix)));
  const decided = new Set([...kept.map((claim) => claim.prefix), ...lost].map((prefix) => prefix.family));
  const claims = [...kept, ...lowestByFamily(home.filter((claim) => !decided.has(claim.prefix.family)))].toSorted(compareClaims);
  const has = new Set([...decided, ...claims.map((claim) => claim.prefix.family)]);
  const isLeaving = network.deleting || node.deleting;
  const isUnwanted = (claim: Claim) =>
    claim.object.spec.networkUID !== network.uid || (decided.has(claim.prefix.family) && !kept.includes(claim));
  return {
    node,
    network,
    claims,
    lost,
    surplus: isRecorded ? own.filter(isUnwanted) : [],
    missing: isLeaving ? [] : [...new Set(accepted.map((range) => range.prefix.family))].filter((family) => !has.has(family)),
  };
}

/** The lowest of each family, so that two operators with the same view choose the same. */
function lowestByFamily(claims: readonly Claim[]): Claim[] {
  const families = Map.groupBy(claims.toSorted(compareClaims), (claim) => claim.prefix.family);
  return [...families.values()].flatMap((family) => family.slice(0, 1));
}

function compareClaims(a: Claim, b: Claim): number {
  return comparePrefixes(a.prefix, b.prefix);
}
