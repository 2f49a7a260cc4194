import { type Family, parseAddress } from "../../lib/net/address.ts";
import { containsAddress, renderPrefix } from "../../lib/net/prefix.ts";
import type { Network, NodeFacts } from "./snapshot.ts";

/** Addresses of a node that are named where none of them is taken. */
const mostNamed = 8;

/** An address that other nodes send to, and in words why it is that one and no other. */
interface Choice {
  readonly address: string;
  /** e.g. `"its first InternalIP in 192.168.0.0/16"` */
  readonly because: string;
}

/**
 * The addresses that other nodes send a node's packets to, at most one of each family, IPv4 first: of those inside the prefixes that its network names, the first one inside the first
 * of them; where it names none, the first InternalIP.
 */
export function chosenAddresses(node: NodeFacts, network: Pick<Network, "nodeCidrs">): string[] {
  return choicesFor(node, network).map(({ address }) => address);
}

/** The same choice for people, with the reason, e.g. `"others send to 192.168.1.11 (its first InternalIP in 192.168.0.0/16)"`, or why there is none and what to do. */
export function explainAddresses(node: NodeFacts, network: Pick<Network, "nodeCidrs">): string {
  const choices = choicesFor(node, network);
  if (choices.length > 0)
    return `others send to ${choices.map(({ address, because }) => `${address} (${because})`).join(" and ")}`;
  if (node.internalAddresses.length === 0) return "others have no address to send to: the Node has no InternalIP; give it one";
  const found = node.internalAddresses.slice(0, mostNamed).join(", ");
  return `others have no address to send to: none of its InternalIPs ${found} is in spec.routing.nodeAddress.cidrs; correct either`;
}

function choicesFor(node: NodeFacts, { nodeCidrs }: Pick<Network, "nodeCidrs">): Choice[] {
  const all = node.internalAddresses.flatMap((text) => {
    const address = parseAddress(text);
    return address === undefined ? [] : [{ text, address }];
  });
  const choice = (family: Family): Choice[] => {
    const ofFamily = all.filter(({ address }) => address.family === family);
    if (nodeCidrs.length === 0)
      return ofFamily.slice(0, 1).map(({ text }) => ({ address: text, because: `its first InternalIP of IPv${family}` }));
    for (const cidr of nodeCidrs) {
      const found = ofFamily.find(({ address }) => containsAddress(cidr, address));
      if (found !== undefined) return [{ address: found.text, because: `its first InternalIP in ${renderPrefix(cidr)}` }];
    }
    return [];
  };
  return ([4, 6] as const).flatMap(choice);
}
