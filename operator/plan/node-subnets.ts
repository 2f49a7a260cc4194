import { renderTime } from "../../crds/conditions.ts";
import { mostNodeAddresses } from "../../crds/limits.ts";
import { apiVersion, labels, nodeSubnetName } from "../../crds/names.ts";
import type { NodeSubnet, NodeSubnetSpec } from "../../crds/types.ts";
import { parseAddress } from "../../lib/net/address.ts";
import { comparePrefixes, type Prefix, renderPrefix } from "../../lib/net/prefix.ts";
import { diff } from "../../lib/reconcile/diff.ts";
import type { Kind, Step } from "../../lib/reconcile/kind.ts";
import type { Allocation, NewClaim } from "./allocate.ts";
import { indexPrefixes } from "../../lib/net/prefix-index.ts";
import type { ClaimCause, ClaimStep } from "./claim-cause.ts";
import { isGood } from "./holding.ts";
import type { Member } from "./member.ts";
import { adoptable, isNamedDraining } from "./needs.ts";
import { chosenAddresses } from "./node-address.ts";
import { describeRouting, type NodeSettings, settingsFor, settingsOf } from "./node-settings.ts";
import { type Evidence, evidenceOf } from "./occupancy.ts";
import type { Claim, Network, NodeFacts, NodeRecord, Snapshot } from "./snapshot.ts";
import { unclaimedPrefixes } from "./unclaimed.ts";

/** Claims, compared by their owner, so that a name taken by another one is seen, and by what may change. */
export const nodeSubnetKind: Kind<NodeSubnet> = {
  name: "NodeSubnet",
  key: (claim) => claim.metadata.name,
  differs: (want, have) => {
    const found = fields(have.spec);
    for (const [field, wanted] of fields(want.spec)) {
      const old = found.get(field);
      if (old !== wanted) return `${field}: ${old || "none"}, wanted ${wanted || "none"}`;
    }
    return undefined;
  },
};

/**
 * The steps that make the claims as planned: new ones, Pending; those that come back, Active; those whose node has other addresses now, or drains them.
 * Never a removal, and none that makes a Pending claim Active: see `promotions`.
 */
export function nodeSubnetSteps({ ledger }: Snapshot, { creates, members }: Allocation): ClaimStep[] {
  if (ledger === undefined) return [];
  const byNode = new Map(members.map((member) => [member.node.uid, member]));
  const adds = creates.map((create): ClaimStep => {
    const member = byNode.get(create.node.uid);
    const want = pendingClaim(
      create,
      ledger.incarnation,
      member === undefined ? settingsOf(create.network) : settingsFor(member),
    );
    return { op: "add", kind: nodeSubnetKind.name, key: want.metadata.name, cause: create.cause, because: create.because, want };
  });
  const standing = members.flatMap((member) => [
    ...member.claims.map((claim) => ({ claim, want: kept(member, claim) })),
    ...member.holding.returning.filter(isHeld).map((claim) => ({ claim, want: returned(member, claim) })),
  ]);
  const changes = diff(
    nodeSubnetKind,
    standing.map(({ want }) => want),
    standing.map(({ claim }) => claim.object),
  );
  return [...adds, ...changes];
}

/**
 * What becomes of Pending claims. Ledger and NodeNetworks were asked of the API server after it had confirmed all of them: one whose very entry is still open becomes
 * Active, where its node uses it, or others miss it, so that it passes Held before they forget it; any other one goes, since nobody ever used it. So does one of
 * a prefix that another node has: whoever planned it knew nothing of a claim of that which has come and gone since. What agents only miss of another node is worth
 * less than the word of the claim's own node, or of more agents that miss it of that; what another one says that it has, less than what others confirm of the claim's own.
 */
export function promotions(snapshot: Snapshot, { members, acceptance }: Allocation): ClaimStep[] {
  const { claims, records, ledger: now } = snapshot;
  if (!claims.some(({ object }) => object.spec.state === "Pending")) return [];
  const had = indexPrefixes(records.flatMap(evidenceOf({ ledger: now, claims, records })));
  const around = { entries: indexPrefixes(now?.entries ?? []), incarnation: now?.incarnation };
  const wanted = new Map(members.flatMap((member) => member.claims.map(({ object }) => [object.metadata.name, member] as const)));
  const missed = new Set(
    records.flatMap(({ object }) => (object.status?.lost ?? []).map(({ cidr, nodeUID }) => `${cidr} ${nodeUID}`)),
  );
  const isHeard = heardFor(records, now?.incarnation);
  // As if the Pending claims were not there: whose each prefix is by what is said.
  const owned = unclaimedPrefixes({ ...snapshot, claims: claims.filter(({ object }) => object.spec.state !== "Pending") });
  return claims.flatMap(({ object, prefix }): ClaimStep[] => {
    if (object.spec.state !== "Pending") return [];
    const step = { kind: nodeSubnetKind.name, key: object.metadata.name, have: object };
    if (!isGood({ object }, around))
      return [{ ...step, op: "remove", because: "the range it was planned from is no longer open" }];
    const isItsOwn = owned.get(object.spec.nodeUID)?.some((other) => comparePrefixes(other, prefix) === 0) ?? false;
    const isOthers = ({ node, isHearsay, ...word }: Evidence) =>
      node !== object.spec.node && !(isHearsay && isHeard(object)) && !(isItsOwn && comparePrefixes(word.prefix, prefix) === 0);
    if ([...had.touching(prefix)].some(isOthers))
      return [{ ...step, op: "remove", because: "another node has it, though its claim is gone" }];
    const isMissed = missed.has(`${object.spec.cidr} ${object.spec.nodeUID}`);
    const member = wanted.get(object.metadata.name);
    if (member === undefined && !isMissed) return [{ ...step, op: "remove", because: "its node has no use for it" }];
    const want = { ...object, spec: { ...object.spec, state: "Active" as const } };
    const cause = isItsOwn || isMissed || member === undefined ? "Repaired" : firstCause(member, prefix, acceptance);
    return [{ ...step, op: "change", cause, because: "its range is still open", want }];
  });
}

/** Why a claim that is nobody's loss was made, told by what stands: whoever made it may be gone since. */
function firstCause({ node, network }: Member, prefix: Prefix, acceptance: Allocation["acceptance"]): ClaimCause {
  const podCIDR = adoptable({ node, network }, acceptance.get(network.uid), prefix.family);
  const isStatic = network.statics.some((one) => one.node === node.name && comparePrefixes(one.prefix, prefix) === 0);
  return podCIDR !== undefined && !isStatic && comparePrefixes(podCIDR, prefix) === 0 ? "Adopted" : "Assigned";
}

/** Tells whether the agent of a claim's node says, under this incarnation, that it has the subnet, or two others miss it of that node, and more of them than of any other. */
function heardFor(records: readonly NodeRecord[], incarnation: string | undefined): (claim: NodeSubnet) => boolean {
  const known = new Map(records.map(({ object }) => [object.spec.nodeUID, object.status]));
  const said = records.flatMap(({ node: by, object }) => (object.status?.lost ?? []).map((word) => ({ ...word, by })));
  const byPrefix = Map.groupBy(said, ({ cidr }) => cidr);
  const hasSaid = ({ spec }: NodeSubnet) => {
    const status = known.get(spec.nodeUID);
    if (status?.nodeUID !== spec.nodeUID || status.acknowledged?.incarnation !== incarnation) return false;
    return status.subnets?.some(({ cidr }) => cidr === spec.cidr) ?? false;
  };
  return (claim) => {
    if (hasSaid(claim)) return true;
    const words = byPrefix.get(claim.spec.cidr) ?? [];
    const speakers = (isFor: boolean) =>
      new Set(words.filter((word) => (word.nodeUID === claim.spec.nodeUID) === isFor).map(({ by }) => by));
    return speakers(true).size > Math.max(1, speakers(false).size);
  };
}

/** The step that lays a claim to rest. */
export function restStep(have: NodeSubnet, because: string, nowMs: number): Step<NodeSubnet> {
  const want: NodeSubnet = { ...have, spec: { ...have.spec, state: "Held", heldAt: renderTime(nowMs) } };
  return { op: "change", kind: nodeSubnetKind.name, key: have.metadata.name, because, want, have };
}

/** The claim of a prefix for a node, as it begins. */
function pendingClaim({ node, network, prefix, entry }: NewClaim, incarnation: string, settings: NodeSettings): NodeSubnet {
  const cidr = renderPrefix(prefix);
  return {
    apiVersion,
    kind: "NodeSubnet",
    metadata: { name: nodeSubnetName(cidr), labels: labelsFor(network.name, node.name) },
    spec: {
      network: network.name,
      networkUID: network.uid,
      node: node.name,
      nodeUID: node.uid,
      cidr,
      state: "Pending",
      incarnation,
      epoch: entry.epoch,
      ...addressesFor(node, network, prefix),
      ...routingField(settings),
    },
  };
}

function kept(member: Member, { prefix, object }: Claim): NodeSubnet {
  const { state } = object.spec;
  const isDraining = isNamedDraining(member, prefix);
  const next = state === "Pending" ? state : isDraining ? ("Draining" as const) : ("Active" as const);
  return { ...object, spec: { ...reached(member, prefix, object.spec), state: next } };
}

function returned(member: Member, { prefix, object }: Claim): NodeSubnet {
  const { heldAt: _, releaseSequence: __, ...spec } = object.spec;
  return { ...object, spec: { ...reached(member, prefix, spec), state: "Active", nodeUID: member.node.uid } };
}

/** The claim with how others reach its node now. What a network says that cannot be read changes nothing. */
function reached(member: Member, prefix: Prefix, spec: NodeSubnetSpec): NodeSubnetSpec {
  const { node, network } = member;
  if (network.issues.length > 0) return { ...spec, nodeAddresses: namedAddresses(node, spec.nextHops) };
  const { routing: _, ...rest } = spec;
  return { ...rest, ...addressesFor(node, network, prefix), ...routingField(settingsFor(member)) };
}

function routingField({ routing }: NodeSettings): Pick<NodeSubnetSpec, "routing"> {
  return routing === undefined ? {} : { routing };
}

function isHeld({ object }: Claim): boolean {
  return object.spec.state === "Held";
}

/** Next hops: the one of the prefix's own family first. */
function addressesFor(node: NodeFacts, network: Network, prefix: Prefix): { nextHops: string[]; nodeAddresses: string[] } {
  const isOwnFamily = (address: string) => parseAddress(address)?.family === prefix.family;
  const chosen = chosenAddresses(node, network);
  return {
    nextHops: [...chosen.filter(isOwnFamily), ...chosen.filter((address) => !isOwnFamily(address))],
    nodeAddresses: namedAddresses(node, chosen),
  };
}

/** All addresses of a node; where it has more than a claim can name, those that others send to are among them whatever is left out. */
function namedAddresses({ allAddresses }: NodeFacts, chosen: readonly string[] = []): string[] {
  const isChosen = new Set(chosen);
  const first = allAddresses.filter((address) => isChosen.has(address));
  const rest = allAddresses.filter((address) => !isChosen.has(address));
  const named = new Set([...first, ...rest].slice(0, mostNodeAddresses));
  return allAddresses.filter((address) => named.has(address));
}

/** Names longer than a label's value may be are left out. */
function labelsFor(network: string, node: string): Record<string, string> {
  const wanted = { [labels.network]: network, [labels.node]: node };
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value.length <= 63));
}

function fields(spec: NodeSubnetSpec): Map<string, string> {
  const { network, networkUID, node, nodeUID, cidr, state, incarnation, epoch, nextHops = [], nodeAddresses = [] } = spec;
  return new Map([
    ["owner", `${node} (${nodeUID}), ${network} (${networkUID}), ${cidr}`],
    ["entry", `epoch ${epoch} of ${incarnation}`],
    ["state", state],
    ["heldAt", spec.heldAt ?? ""],
    ["releaseSequence", `${spec.releaseSequence ?? ""}`],
    ["nextHops", nextHops.join(", ")],
    ["nodeAddresses", nodeAddresses.join(", ")],
    ["routing", describeRouting(spec.routing)],
  ]);
}
