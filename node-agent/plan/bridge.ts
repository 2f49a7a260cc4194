import { gatewayOf } from "../../cni/plan/conflist.ts";
import { macFor } from "../../lib/net/mac.ts";
import type { AddressItem } from "../../lib/linux/kinds/address.ts";
import type { LinkItem } from "../../lib/linux/kinds/link.ts";
import type { OwnNetwork } from "./own-network.ts";

/**
 * The bridge of the node's pods. Its MAC depends on the two names alone, so that pods keep their neighbour entry across restarts. A UID would do worse: a Node
 * that is made anew has another, and running pods would be cut off. The MAC is seen on no wire, so equal names in two clusters do not meet.
 */
export function bridgeLink(node: string, own: OwnNetwork, mtu: number): LinkItem {
  return { name: own.bridge, type: "bridge", mac: macFor(`${node}/${own.bridge}`), mtu, up: true };
}

/** The gateway address of every subnet, each on the bridge. */
export function bridgeAddresses(own: OwnNetwork): AddressItem[] {
  return own.subnets.map((subnet) => ({ device: own.bridge, address: `${gatewayOf(subnet)}/${subnet.length}` }));
}
