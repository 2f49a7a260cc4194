import { compareText } from "../../lib/text/order.ts";
import { apiVersion } from "../../crds/names.ts";
import type { NodeNetwork, NodeNetworkSpec, NodeNetworkSubnet } from "../../crds/types.ts";
import { comparePrefixes, containsPrefix, type Prefix, renderPrefix } from "../../lib/net/prefix.ts";
import { diff } from "../../lib/reconcile/diff.ts";
import type { Kind, Step } from "../../lib/reconcile/kind.ts";
import type { Allocation } from "./allocate.ts";
import { forgettable } from "./forgettable.ts";
import { isComplete, type Member } from "./member.ts";
import { chosenAddresses } from "./node-address.ts";
import { describeSettings, settingsFor, settingsOf } from "./node-settings.ts";
import { subnetsOf } from "./node-spec-subnets.ts";
import { nodesToAsk } from "./questions.ts";
import { compareAge } from "./select.ts";
import { allHaveSpoken, type Hearing } from "./sightings.ts";
import type { NodeFacts, NodeRecord, Snapshot } from "./snapshot.ts";

/** NodeNetworks, compared by their spec. */
export const nodeNetworkKind: Kind<NodeNetwork> = {
  name: "NodeNetwork",
  key: (object) => object.metadata.name,
  differs: (want, have) => differs(want.spec, have.spec),
};

/**
 * The steps that make every member's NodeNetwork as planned; never a removal. A node gets its first one when it has a subnet of every family, and all of
 * them Active, so that no pod starts with half of its addresses, and none of a network that goes. An existing one is kept as it is while its network's
 * object is not readable. Settings reach a node when it is its turn; subnets, ranges and addresses at once. After a loss, nodes that may have subnets
 * get one that names none: a question. Every NodeNetwork there is, whomever it was written for, tells its agent the ledger's incarnation, since what agents have seen counts under that alone.
 */
export function nodeNetworkSteps(
  snapshot: Snapshot,
  allocation: Allocation,
  hearing: Hearing = allHaveSpoken,
): Step<NodeNetwork>[] {
  const { ledger } = snapshot;
  if (ledger === undefined) return [];
  const podRanges = podRangesOf(snapshot, allocation);
  const toForget = forgettable(snapshot, hearing);
  const records = new Map(snapshot.records.map((record) => [record.node, record]));
  const want: NodeNetwork[] = [];
  const have: NodeNetwork[] = [];
  for (const member of allocation.members) {
    const before = records.get(member.node.name);
    const subnets = subnetsOf(member, allocation.acceptance.get(member.network.uid));
    if (!mayBeTold(member, subnets)) continue;
    const forget = before === undefined ? [] : toForget(before);
    want.push(nodeNetworkFor(member, { incarnation: ledger.incarnation, podRanges, subnets, forget, before }));
    if (before !== undefined) have.push(before.object);
  }
  for (const question of questions(snapshot, podRanges, new Set(want.map(({ metadata }) => metadata.name)))) {
    const before = records.get(question.metadata.name)?.object;
    want.push(raised({ ...question, metadata: before?.metadata ?? question.metadata }, before?.spec));
    if (before !== undefined) have.push(before);
  }
  const told = new Set(want.map(({ metadata }) => metadata.name));
  const others = snapshot.records.filter(({ node }) => !told.has(node)).toSorted((a, b) => compareText(a.node, b.node));
  return diff(
    nodeNetworkKind,
    [...want, ...others.map((record) => keptRecord(record, ledger.incarnation, toForget(record)))],
    [...have, ...others.map(({ object }) => object)],
  );
}

/** A NodeNetwork without subnets and without a network for every other node that is to be asked what it has. */
function questions(snapshot: Snapshot, podRanges: readonly string[], others: ReadonlySet<string>): NodeNetwork[] {
  const { ledger, networks } = snapshot;
  const [network] = networks.filter(({ issues }) => issues.length === 0).toSorted(compareAge);
  if (network === undefined || ledger === undefined) return [];
  const toAsk = nodesToAsk(snapshot).filter(({ name }) => !others.has(name));
  return toAsk.map((node) => ({
    apiVersion,
    kind: "NodeNetwork",
    metadata: { name: node.name },
    spec: {
      configGeneration: 0,
      ...identityOf(node, ledger.incarnation),
      subnets: [],
      growth: { addBelowFreeIPs: 0 },
      nodeAddresses: chosenAddresses(node, network),
      podRanges: [...podRanges],
      ...settingsOf(network),
    },
  }));
}

function identityOf(node: NodeFacts, incarnation: string) {
  const { uid: nodeUID, machineID } = node;
  return { incarnation, nodeUID, ...(machineID !== undefined && { machineID }) };
}

/** One that was written for a Node that is no member: the same, but for what every agent is told. */
function keptRecord({ object }: NodeRecord, incarnation: string, forget: readonly string[]): NodeNetwork {
  const { forget: _, ...before } = object.spec;
  return raised({ ...object, spec: { ...before, incarnation, ...(forget.length > 0 && { forget: [...forget] }) } }, object.spec);
}

/** With what was told before where nothing differs from it, else with the next `configGeneration`. */
function raised(want: NodeNetwork, old: NodeNetworkSpec | undefined): NodeNetwork {
  if (old !== undefined && differs(want.spec, old) === undefined) return { ...want, spec: old };
  return { ...want, spec: { ...want.spec, configGeneration: (old?.configGeneration ?? 0) + 1 } };
}

function mayBeTold(member: Member, subnets: readonly NodeNetworkSubnet[]): boolean {
  const { network, record } = member;
  if (network.issues.length > 0 || subnets.length === 0) return false;
  const isFirst = record === undefined || record.subnets.length === 0;
  return !isFirst || (isComplete(member) && !network.deleting);
}

/** Every range in the ledger, and what is in use outside of them; each once, the widest only, sorted. */
export function podRangesOf({ ledger }: Pick<Snapshot, "ledger">, { occupancy }: Pick<Allocation, "occupancy">): string[] {
  const all = [...(ledger?.entries ?? []).map((entry) => entry.prefix), ...occupancy.strays].toSorted(comparePrefixes);
  const widest: Prefix[] = [];
  for (const prefix of all) {
    const last = widest.at(-1);
    if (last === undefined || !containsPrefix(last, prefix)) widest.push(prefix);
  }
  return widest.map(renderPrefix);
}

interface Told {
  readonly incarnation: string;
  readonly podRanges: readonly string[];
  readonly subnets: readonly NodeNetworkSubnet[];
  readonly forget: readonly string[];
  /** The NodeNetwork of its name, whomever it was written for. */
  readonly before: NodeRecord | undefined;
}

/** What a member's node shall do. `configGeneration` is that of `before` where nothing differs, else one more. */
function nodeNetworkFor(member: Member, { incarnation, podRanges, subnets, forget, before }: Told): NodeNetwork {
  const { node, network } = member;
  const old = before?.object.spec;
  const spec: NodeNetworkSpec = {
    configGeneration: old?.configGeneration ?? 0,
    ...identityOf(node, incarnation),
    network: network.name,
    networkUID: network.uid,
    subnets: [...subnets],
    growth: { addBelowFreeIPs: network.object.spec.growth.addBelowFreeIPs },
    nodeAddresses: chosenAddresses(node, network),
    podRanges: [...podRanges],
    ...(forget.length > 0 && { forget: [...forget] }),
    ...settingsFor(member),
  };
  return raised({ apiVersion, kind: "NodeNetwork", metadata: before?.object.metadata ?? { name: node.name }, spec }, old);
}

function differs(want: NodeNetworkSpec, have: NodeNetworkSpec): string | undefined {
  if (want === have) return undefined;
  const found = fields(have);
  for (const [field, wanted] of fields(want)) {
    const old = found.get(field);
    if (old !== wanted) return `${field}: ${brief(old)}, wanted ${brief(wanted)}`;
  }
  return undefined;
}

/** Each field but `configGeneration`, as text. */
function fields(spec: NodeNetworkSpec): Map<string, string> {
  return new Map([
    ["network", spec.network === undefined ? "" : `${spec.network} (${spec.networkUID})`],
    ["nodeUID", spec.nodeUID],
    ["machineID", spec.machineID ?? ""],
    ["incarnation", spec.incarnation],
    ["subnets", spec.subnets.map(({ cidr, state }) => (state === "Active" ? cidr : `${cidr} ${state}`)).join(", ")],
    ["growth", `below ${spec.growth.addBelowFreeIPs} free addresses`],
    ["nodeAddresses", spec.nodeAddresses.join(", ")],
    ["podRanges", spec.podRanges.join(", ")],
    ["forget", (spec.forget ?? []).join(", ")],
    ...describeSettings(spec),
  ]);
}

function brief(text: string | undefined): string {
  if (text === undefined || text === "") return "none";
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
