import type { VxlanLink } from "../../lib/linux/kinds/link.ts";
import type { TableItem } from "../../lib/linux/kinds/table.ts";
import type { Claim } from "./claim.ts";
import { gatewayGuard, podGuard, tunnelGuards, underlayOf } from "./guards.ts";
import { masqueradeChains, masqueradedFamilies } from "./masquerade.ts";
import { addressSet, prefixSet } from "./nft.ts";
import { outermost } from "./outermost.ts";
import type { OwnNetwork } from "./own-network.ts";
import { families } from "../../lib/net/address.ts";

/** The nftables tables of a node: what its pods may send, and with which address it leaves the cluster. */
export function nodeTables(own: OwnNetwork, claims: readonly Claim[], tunnels: readonly VxlanLink[]): TableItem[] {
  const nodes = [...own.addresses, ...claims.flatMap((claim) => [...claim.nodeAddresses, ...claim.nextHops])];
  const pods = outermost([...own.podRanges, ...own.subnets, ...claims.map((claim) => claim.prefix)]);
  const local = outermost(own.subnets);
  const masqueraded = masqueradedFamilies(own);
  const excluded = outermost(own.unmasqueraded);
  return [
    {
      family: "inet",
      sets: [
        ...families.map((family) => prefixSet("local", family, local)),
        ...masqueraded.map((family) => prefixSet("pods", family, pods)),
        ...families
          .filter((family) => masqueraded.includes(family) || tunnels.some((link) => underlayOf(link) === family))
          .map((family) => addressSet("nodes", family, nodes)),
        ...masqueraded.map((family) => prefixSet("excluded", family, excluded)).filter(({ elements }) => elements.length > 0),
      ],
      chains: [podGuard(own, tunnels), ...tunnelGuards(tunnels), ...masqueradeChains(own)],
    },
    gatewayGuard(own),
  ];
}
