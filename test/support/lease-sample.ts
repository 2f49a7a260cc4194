import type { NotedAttachment } from "../../cni/attachments.ts";
import type { LeaseFile } from "../../cni/lease-files.ts";
import type { PodPort } from "../../lib/linux/pod-ports.ts";
import type { LeaseSight } from "../../node-agent/plan/lease-evidence.ts";

/** The lease of pod `id`, of which the second one of an id is another file. */
export function leaseOf(id: string, address = "10.244.1.2", part: Partial<LeaseFile> = {}): LeaseFile {
  return { address, name: address, content: `${id}\r\neth0`, version: `${id} 1`, writtenNs: 100n, ...part };
}

/** What a runtime notes of pod `id`, whose port is `veth-<id>` and whose namespace `cni-<id>`. */
export function attachmentOf(id: string, address = "10.244.1.2", part: Partial<NotedAttachment> = {}): NotedAttachment {
  return {
    network: "podnet",
    containerID: id,
    ifName: "eth0",
    netns: `/var/run/netns/cni-${id}`,
    nodeInterfaces: [{ name: "cni0", mac: "02:00:00:00:00:01" }, portOf(id)],
    podMACs: [`pod-${id}`],
    addresses: [address],
    writtenNs: 200n,
    ...part,
  };
}

/** The port of pod `id` on the node. */
export function portOf(id: string): PodPort {
  return { name: `veth-${id}`, mac: `mac-${id}`, index: 7 };
}

/** A look at a node with these ports and a bridge. */
export function sightOf(leases: readonly LeaseFile[], ports: readonly string[], part: Partial<LeaseSight> = {}): LeaseSight {
  return {
    leases,
    attachments: [],
    namespaces: new Set(),
    links: {
      bridges: new Set(["cni0"]),
      devices: new Set(["lo", "eth0", ...ports.map((id) => portOf(id).name)]),
      ports: ports.map(portOf),
    },
    neighbors: { answering: new Set(), macs: new Map(), bridged: new Set() },
    ...part,
  };
}
