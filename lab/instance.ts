/** How much of a cluster an instance runs; each level holds the ones before it. */
export type Level = "hosts" | "control-plane" | "nodes-without-kubelets" | "everything";

export const LEVELS: readonly Level[] = ["hosts", "control-plane", "nodes-without-kubelets", "everything"];

/** One L2 network: a bridge that hosts are wired to. */
export interface Segment {
  /** e.g. `"lan-1"`; also the bridge's name, so at most 15 characters. */
  readonly name: string;
  /** One prefix per family, e.g. `["192.168.1.0/24", "fd00:192:168:1::/64"]`. */
  readonly prefixes: readonly string[];
}

/** One wire of a host; the first is its `eth0`, the next its `eth1`. */
export interface Attachment {
  readonly segment: string;
  /** One per family, in the order of the segment's prefixes, without prefix length. */
  readonly addresses: readonly string[];
}

export type HostRole = "control-plane" | "node" | "router" | "outside" | "other";

export interface HostSpec {
  /** e.g. `"node-1"`; at most 13 characters. */
  readonly name: string;
  readonly role: HostRole;
  readonly attachments: readonly Attachment[];
  /** Where everything else is sent, one address per family; none for a host that only talks to its own segments. */
  readonly gateways: readonly string[];
}

/** A lab as a value: nothing here runs anything. */
export interface Instance {
  /** Up to 30 of `a-z 0-9 -`, e.g. `"demo"`; only one lab of a name is up on a machine at a time. */
  readonly name: string;
  readonly level: Level;
  readonly segments: readonly Segment[];
  readonly hosts: readonly HostSpec[];
  /** Ranges of Service addresses, one per family. */
  readonly serviceRanges: readonly string[];
  /** Whether kube-controller-manager and kube-scheduler run. */
  readonly controllers: boolean;
  /** Seconds after the last word of its kubelet at which a node counts as lost. Kubernetes' own, the better part of a minute, where it is left out. */
  readonly silenceSeconds?: number;
}

const LAN_1: Segment = { name: "lan-1", prefixes: ["192.168.1.0/24", "fd00:192:168:1::/64"] };
const LAN_2: Segment = { name: "lan-2", prefixes: ["192.168.2.0/24", "fd00:192:168:2::/64"] };
const WORLD: Segment = { name: "world", prefixes: ["203.0.113.0/24", "2001:db8:113::/64"] };

/** The address with this last number in a prefix that ends in `.0` or `::`, e.g. `192.168.1.0/24`, 11 → `192.168.1.11`. */
export function numberedAddress(prefix: string, hostNumber: number): string {
  const network = prefix.slice(0, prefix.indexOf("/"));
  return network.endsWith("::") ? `${network}${hostNumber}` : network.replace(/\.0$/, `.${hostNumber}`);
}

function attachmentTo(segment: Segment, hostNumber: number): Attachment {
  return { segment: segment.name, addresses: segment.prefixes.map((prefix) => numberedAddress(prefix, hostNumber)) };
}

function hostOn(segment: Segment, name: string, role: HostRole, hostNumber: number): HostSpec {
  return { name, role, attachments: [attachmentTo(segment, hostNumber)], gateways: attachmentTo(segment, 1).addresses };
}

function nodesOn(segment: Segment, first: number, count: number): HostSpec[] {
  return Array.from({ length: count }, (_, index) => hostOn(segment, `node-${first + index}`, "node", 10 + first + index));
}

function instanceOn(lans: readonly Segment[], nodes: readonly HostSpec[], name: string, level: Level): Instance {
  const segments = [...lans, WORLD];
  return {
    name,
    level,
    segments,
    hosts: [
      { name: "router", role: "router", attachments: segments.map((segment) => attachmentTo(segment, 1)), gateways: [] },
      hostOn(WORLD, "outside", "outside", 10),
      hostOn(LAN_1, "control-plane", "control-plane", 10),
      ...nodes,
    ],
    serviceRanges: ["10.96.0.0/16", "fd00:10:96::/112"],
    controllers: level === "nodes-without-kubelets" || level === "everything",
  };
}

/**
 * `count` nodes on one segment: node-N is 192.168.1.1N and fd00:192:168:1::1N (node-10 is .20 and ::20).
 * Always there too: `control-plane` (.10), `router` (.1, every host's gateway) and `outside` (203.0.113.10, 2001:db8:113::10).
 */
export function nodesOnOneSegment(name: string, count: number, level: Level = "everything"): Instance {
  return instanceOn([LAN_1], nodesOn(LAN_1, 1, count), name, level);
}

/** The demo's shape: node-1 to node-3 at 192.168.1.11 to .13. */
export function threeNodes(name: string, level: Level = "everything"): Instance {
  return nodesOnOneSegment(name, 3, level);
}

export function oneNode(name: string, level: Level = "everything"): Instance {
  return nodesOnOneSegment(name, 1, level);
}

/** An API server and no node: what contract tests need. */
export function noNodes(name: string): Instance {
  return nodesOnOneSegment(name, 0, "control-plane");
}

/** node-1 and node-2 at 192.168.1.11 and .12, node-3 behind the router at 192.168.2.13. */
export function twoSegments(name: string, level: Level = "everything"): Instance {
  return instanceOn([LAN_1, LAN_2], [...nodesOn(LAN_1, 1, 2), ...nodesOn(LAN_2, 3, 1)], name, level);
}

/** What is wrong with an instance's name, in words; undefined where nothing is. */
export function instanceNameFault(name: string): string | undefined {
  return /^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/.test(name)
    ? undefined
    : `The lab's name ${JSON.stringify(name)} must be 1 to 30 of a-z, 0-9 and "-", beginning with a letter: choose another with --name.`;
}

/** Whether `level` includes everything of `wanted`. */
export function reaches(level: Level, wanted: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(wanted);
}

export function nodesOf(instance: Instance): readonly HostSpec[] {
  return instance.hosts.filter((host) => host.role === "node");
}

/** The addresses by which other hosts of its own segment know a host, one per family. */
export function addressesOf(host: HostSpec): readonly string[] {
  return host.attachments[0]?.addresses ?? [];
}
