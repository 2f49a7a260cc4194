import { families, type Family } from "../../lib/net/address.ts";
import type { NftChain } from "../../lib/linux/kinds/table.ts";
import { languages } from "./nft.ts";
import type { OwnNetwork } from "./own-network.ts";

/** The families whose pods are masqueraded. */
export function masqueradedFamilies(own: OwnNetwork): Family[] {
  if (!own.masquerade) return [];
  return families.filter((family) => own.subnets.some((subnet) => subnet.family === family));
}

/**
 * Source NAT of what this node's pods send out of the cluster, and of nothing else. Untouched stay: pods to pods of any network, pods to any node, what
 * the network excludes, multicast, what goes back to the bridge, and all that did not start at a pod of this node.
 */
export function masqueradeChains(own: OwnNetwork): NftChain[] {
  const families = masqueradedFamilies(own);
  if (families.length === 0) return [];
  return [
    {
      name: "postrouting",
      hook: "type nat hook postrouting priority srcnat; policy accept;",
      rules: families.map((family) => rule(family, own)),
    },
  ];
}

function rule(family: Family, { bridge, unmasqueraded }: OwnNetwork): string {
  const { header, multicast } = languages[family];
  return [
    `${header} saddr @local${family}`,
    `${header} daddr != @pods${family}`,
    `${header} daddr != @nodes${family}`,
    ...(unmasqueraded.some((prefix) => prefix.family === family) ? [`${header} daddr != @excluded${family}`] : []),
    `${header} daddr != ${multicast}`,
    `oifname != "${bridge}"`,
    "masquerade fully-random",
  ].join(" ");
}
