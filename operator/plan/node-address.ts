import { type Family, parseAddress } from "../../lib/net/address.ts";
import { containsAddress } from "../../lib/net/prefix.ts";
import type { Network, NodeFacts } from "./snapshot.ts";

/**
 * The addresses that other nodes send a node's packets to, at most one of each family, IPv4 first: of those inside the prefixes that its network names, the first one inside the first
 * of them; where it names none, the first InternalIP.
 */
export function chosenAddresses(node: NodeFacts, { nodeCidrs }: Pick<Network, "nodeCidrs">): string[] {
  const all = node.internalAddresses.flatMap((text) => {
    const address = parseAddress(text);
    return address === undefined ? [] : [{ text, address }];
  });
  const isOf = (family: Family) => (one: (typeof all)[number]) => one.address.family === family;
  const chosen = (family: Family) => {
    const ofFamily = all.filter(isOf(family));
    if (nodeCidrs.length === 0) return ofFamily[0];
    const firsts = nodeCidrs.map((cidr) => ofFamily.find(({ address }) => containsAddress(cidr, address)));
    return firsts.find((found) => found !== undefined);
  };
  return ([4, 6] as const).flatMap((family) => chosen(family)?.text ?? []);
}
