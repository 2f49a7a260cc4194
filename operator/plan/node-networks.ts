import { apiVersion } from "../../crds/names.ts";
import type { NodeNetwork, NodeNetworkSpec } from "../../crds/types.ts";
import { comparePrefixes, containsPrefix, type Prefix, renderPrefix } from "../../lib/net/prefix.ts";
import { diff } from "../../lib/reconcile/diff.ts";
import type { Kind, Step } from "../../lib/reconcile/kind.ts";
import type { Allocation } from "./allocate.ts";
import { isComplete, type Member } from "./membership.ts";
import type { NodeRecord, Snapshot } from "./snapshot.ts";

/** NodeNetworks, compared by their spec. */
export const nodeNetworkKind: Kind<NodeNetwork> = {
  name: "NodeNetwork",
  key: (object) => object.metadata.name,
  differs: (want, have) => differs(want.spec, have.spec),
};

/**
 * The steps that make every member's NodeNetwork as planned; never a removal. A node gets its first one when it has a subnet of every family,
 * so that no pod starts with half of its addresses, and none of a network that goes. An existing one is kept as it is while its network's object is not readable.
 */
export function nodeNetworkSteps(snapshot: Snapshot, allocation: Allocation): Step<NodeNetwork>[] {
  const podRanges = podRangesOf(allocation);
  const records = new Map(snapshot.records.map((record) => [record.node, record]));
  const want: NodeNetwork[] = [];
  const have: NodeNetwork[] = [];
  for (const member of allocation.members) {
    const record = records.get(member.node.name);
    const isReadable = member.network.issues.length === 0;
    const isFirst = record?.object.spec.nodeUID !== member.node.uid;
    const mayBegin = isComplete(member) && !member.network.deleting;
    if (!isReadable || member.claims.length === 0 || (isFirst && !mayBegin)) continue;
    want.push(nodeNetworkFor(member, podRanges, record));
    if (record !== undefined) have.push(record.object);
  }
  return diff(nodeNetworkKind, want, have);
}

/** Every accepted range of every network, and what is still in use outside of them; each once, the widest only, sorted. */
export function podRangesOf({ acceptance, occupancy }: Allocation): string[] {
  const all = [
    ...[...acceptance.values()].flatMap(({ accepted }) => accepted.map((range) => range.prefix)),
    ...occupancy.strays,
  ].toSorted(comparePrefixes);
  const widest: Prefix[] = [];
  for (const prefix of all) {
    const last = widest.at(-1);
    if (last === undefined || !containsPrefix(last, prefix)) widest.push(prefix);
  }
  return widest.map(renderPrefix);
}

/** What a member's node shall do. `configGeneration` is that of `record` where nothing differs, else one more. */
function nodeNetworkFor(member: Member, podRanges: readonly string[], record: NodeRecord | undefined): NodeNetwork {
  const { node, network } = member;
  const { mtu, masquerade, cni } = network.object.spec;
  const before = record?.object.spec;
  const spec: NodeNetworkSpec = {
    configGeneration: before?.configGeneration ?? 0,
    nodeUID: node.uid,
    network: network.name,
    networkUID: network.uid,
    subnets: subnetsFor(member, record),
    nodeAddresses: [...node.internalAddresses],
    podRanges: [...podRanges],
    mtu: { mode: mtu.mode, ...(mtu.value !== undefined && { value: mtu.value }) },
    masquerade: { enabled: masquerade.enabled },
    cni: { confName: cni.confName, bridge: cni.bridge, hairpin: cni.hairpin, portMap: cni.portMap },
  };
  if (before === undefined || differs(spec, before) !== undefined) spec.configGeneration += 1;
  return { apiVersion, kind: "NodeNetwork", metadata: record?.object.metadata ?? { name: node.name }, spec };
}

/** In the order the node already has them, then by family; one that is lost for now stays named. */
function subnetsFor(member: Member, record: NodeRecord | undefined): { cidr: string }[] {
  const cidrs = [...member.lost, ...member.claims.map((claim) => claim.prefix)].toSorted(comparePrefixes).map(renderPrefix);
  const before = (record?.object.spec.subnets ?? []).map(({ cidr }) => cidr).filter((cidr) => cidrs.includes(cidr));
  return [...new Set([...before, ...cidrs])].map((cidr) => ({ cidr }));
}

function differs(want: NodeNetworkSpec, have: NodeNetworkSpec): string | undefined {
  const found = fields(have);
  for (const [field, wanted] of fields(want)) {
    const old = found.get(field);
    if (old !== wanted) return `${field}: ${brief(old)}, wanted ${brief(wanted)}`;
  }
  return undefined;
}

/** Each field but `configGeneration`, as text. */
function fields(spec: NodeNetworkSpec): Map<string, string> {
  const { mtu, masquerade, cni } = spec;
  return new Map([
    ["network", `${spec.network} (${spec.networkUID})`],
    ["nodeUID", spec.nodeUID],
    ["subnets", spec.subnets.map(({ cidr }) => cidr).join(", ")],
    ["nodeAddresses", spec.nodeAddresses.join(", ")],
    ["podRanges", spec.podRanges.join(", ")],
    ["mtu", mtu.mode === "Fixed" ? `Fixed ${mtu.value}` : mtu.mode],
    ["masquerade", masquerade.enabled ? "enabled" : "disabled"],
    ["cni", `${cni.confName}, bridge ${cni.bridge}, hairpin ${cni.hairpin}, portMap ${cni.portMap}`],
  ]);
}

function brief(text: string | undefined): string {
  if (text === undefined || text === "") return "none";
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
