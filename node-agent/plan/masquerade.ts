import { type Address, addressBits, type Family, renderAddress } from "../../lib/net/address.ts";
import { type Prefix, renderPrefix } from "../../lib/net/prefix.ts";
import type { NftSet, TableItem } from "../../lib/linux/kinds/table.ts";
import type { Claim } from "./claim.ts";
import { outermost } from "./outermost.ts";
import type { OwnNetwork } from "./own-network.ts";

/** Family → how nftables speaks of it. */
const languages: Readonly<Record<Family, { readonly type: string; readonly header: string; readonly multicast: string }>> = {
  4: { type: "ipv4_addr", header: "ip", multicast: "224.0.0.0/4" },
  6: { type: "ipv6_addr", header: "ip6", multicast: "ff00::/8" },
};

/**
 * The nftables tables of the node: source NAT of what this node's pods send out of the cluster, and of nothing else.
 * Untouched stay: pods to pods of any network, pods to any node, multicast, what goes back to the bridge, and all that did not start at a pod of this node.
 * None when masquerading is off.
 */
export function masqueradeTables(own: OwnNetwork, claims: readonly Claim[]): TableItem[] {
  const families = ([4, 6] as const).filter((family) => own.subnets.some((subnet) => subnet.family === family));
  if (!own.masquerade || families.length === 0) return [];
  const pods = outermost([...own.podRanges, ...own.subnets, ...claims.map((claim) => claim.prefix)]);
  const nodes = [...own.addresses, ...claims.flatMap((claim) => [...claim.nodeAddresses, ...claim.nextHops])];
  return [
    {
      family: "inet",
      sets: families.flatMap((family) => [
        prefixSet(`local${family}`, family, outermost(own.subnets)),
        prefixSet(`pods${family}`, family, pods),
        addressSet(`nodes${family}`, family, nodes),
      ]),
      chains: [
        {
          name: "postrouting",
          hook: "type nat hook postrouting priority srcnat; policy accept;",
          rules: families.map((family) => rule(family, own.bridge)),
        },
      ],
    },
  ];
}

function rule(family: Family, bridge: string): string {
  const { header, multicast } = languages[family];
  return [
    `${header} saddr @local${family}`,
    `${header} daddr != @pods${family}`,
    `${header} daddr != @nodes${family}`,
    `${header} daddr != ${multicast}`,
    `oifname != "${bridge}"`,
    "masquerade fully-random",
  ].join(" ");
}

function prefixSet(name: string, family: Family, prefixes: readonly Prefix[]): NftSet {
  const elements = prefixes.filter((prefix) => prefix.family === family).map(element);
  return { name, type: languages[family].type, flags: ["interval"], elements };
}

function addressSet(name: string, family: Family, addresses: readonly Address[]): NftSet {
  const elements = addresses.filter((address) => address.family === family).map(renderAddress);
  return { name, type: languages[family].type, flags: [], elements: [...new Set(elements)] };
}

/** nft lists a prefix of one address without its length. */
function element(prefix: Prefix): string {
  return prefix.length === addressBits(prefix.family)
    ? renderAddress({ family: prefix.family, value: prefix.address })
    : renderPrefix(prefix);
}
