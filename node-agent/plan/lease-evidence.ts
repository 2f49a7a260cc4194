import type { NotedAttachment } from "../../cni/attachments.ts";
import type { LeaseFile } from "../../cni/lease-files.ts";
import type { NotedInterface } from "../../cni/plan/attachment.ts";
import { type LeaseOwner, parseLeaseOwner } from "../../cni/plan/lease-owner.ts";
import { cniNetworkName } from "../../crds/names.ts";
import type { NodeLinks, PodPort } from "../../lib/linux/pod-ports.ts";
import type { SeenNeighbors } from "../../lib/linux/seen-neighbors.ts";

/** One look at everything that tells whether pods are there. The leases were read before all else. */
export interface LeaseSight {
  readonly leases: readonly LeaseFile[];
  readonly attachments: readonly NotedAttachment[];
  /** Names in the folder of namespaces. */
  readonly namespaces: ReadonlySet<string>;
  readonly links: NodeLinks;
  readonly neighbors: SeenNeighbors;
}

/**
 * What a look says of one lease. `InUse`: a pod may have the address. `Unused`: its pod was made in full, and all of it is gone. `Unnoted`: nobody noted that its pod was made in
 * full; where it is being made right now, it is behind one of the ports that nobody accounts for.
 */
export type Evidence = "InUse" | "Unused" | "Unnoted";

/** Where runtimes put the namespaces of pods; others are out of sight. */
const namespaceFolders = ["/run/netns/", "/var/run/netns/"];

/** Gives what a look says of its leases. What it cannot judge counts as in use. */
export function evidenceOf({ attachments, namespaces, links, neighbors }: LeaseSight): (lease: LeaseFile) => Evidence {
  const noted = new Map(attachments.filter(({ network }) => network === cniNetworkName).map((one) => [keyOf(one), one]));
  const isSeen = (address: string, macs: readonly string[]) =>
    neighbors.answering.has(address) ||
    [...macs, ...(neighbors.macs.get(address) ?? [])].some((mac) => neighbors.bridged.has(mac));
  /** The node's ends of its veths. */
  const endsOf = ({ nodeInterfaces }: NotedAttachment) => nodeInterfaces.filter(({ name }) => !links.bridges.has(name));
  const isLinked = (end: NotedInterface) => links.devices.has(end.name) || links.ports.some(({ mac }) => mac === end.mac);
  const isGone = (attachment: NotedAttachment) => {
    const [ends, namespace] = [endsOf(attachment), namespaceName(attachment.netns)];
    return namespace !== undefined && !namespaces.has(namespace) && ends.length > 0 && !ends.some(isLinked);
  };

  return ({ address, content, writtenNs }) => {
    const owner = content === undefined ? undefined : parseLeaseOwner(content);
    if (owner === undefined) return "InUse";
    const attachment = owner === "Nobody" ? undefined : noted.get(keyOf(owner));
    if (isSeen(address, attachment?.podMACs ?? [])) return "InUse";
    if (attachment === undefined) return "Unnoted";
    if (!isGone(attachment)) return "InUse";
    // One that was noted before the lease was written, or without it, is an earlier pod's of that name.
    return attachment.writtenNs >= writtenNs && attachment.addresses.includes(address) ? "Unused" : "Unnoted";
  };
}

/** The ports behind which a pod may be that nobody noted, each by what it is never taken for another by. */
export function unaccountedPorts({ attachments, links }: Pick<LeaseSight, "attachments" | "links">): Set<string> {
  const accounted = new Set(attachments.flatMap(({ nodeInterfaces }) => nodeInterfaces.map(({ name, mac }) => `${name} ${mac}`)));
  return new Set(links.ports.filter(({ name, mac }) => !accounted.has(`${name} ${mac}`)).map(portKey));
}

function portKey({ index, name }: PodPort): string {
  return `${index} ${name}`;
}

function keyOf({ containerID, ifName }: LeaseOwner): string {
  return `${containerID} ${ifName}`;
}

/** Undefined: it is none that can be looked for. */
function namespaceName(path: string): string | undefined {
  const folder = namespaceFolders.find((one) => path.startsWith(one));
  const name = folder === undefined ? "" : path.slice(folder.length);
  return name === "" || name.includes("/") ? undefined : name;
}
