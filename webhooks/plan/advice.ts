import { canBeCut } from "../../crds/range-rules.ts";
import type { PodNetwork, PodNetworkRange, PodNetworkSpec, RangeLedger } from "../../crds/types.ts";
import { addressBits } from "../../lib/net/address.ts";
import { containsPrefix, parseLoosePrefix, type Prefix, prefixesOverlap, toPrefix } from "../../lib/net/prefix.ts";
import { countSubnets } from "../../lib/net/ranges.ts";
import type { Placed } from "./change.ts";
import { docPages } from "./doc-pages.ts";

/** What the ranges add, for a person to see whether it is what they meant; one sentence for each. */
export function capacityWarnings(added: readonly Placed<PodNetworkRange>[], spec: PodNetworkSpec): string[] {
  return added.flatMap(({ path, value }): string[] => {
    const prefix = parseLoosePrefix(value.cidr);
    if (prefix === undefined || value.state === "Draining" || !canBeCut(prefix, value.nodePrefixLength)) return [];
    const reserved = (spec.reserved ?? []).flatMap(({ cidr }) => parseLoosePrefix(cidr) ?? []);
    const counts = countSubnets({ range: prefix, subnetLength: value.nodePrefixLength, taken: [], reserved });
    const kept = counts.reserved === 0 ? "" : `; ${counts.reserved} more are reserved`;
    const pods = renderPodAddresses({ ...prefix, length: value.nodePrefixLength });
    return [`${path}: ${value.cidr} has room for ${counts.free} node subnets of ${pods} pod addresses each${kept}`];
  });
}

/** Addresses that nobody else in the world has: RFC 1918, RFC 6598 (shared), RFC 4193. */
const ownUse = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"].map(toPrefix);

/** Ranges of addresses that others in the world may have; pods could not reach those. */
export function publicWarnings(added: readonly Placed<PodNetworkRange>[]): string[] {
  return added.flatMap(({ path, value }): string[] => {
    const prefix = parseLoosePrefix(value.cidr);
    if (prefix === undefined || ownUse.some((own) => containsPrefix(own, prefix))) return [];
    return [
      `${path}: ${value.cidr} is not for private use (RFC 1918, 6598, 4193): unless these addresses are yours, pods cannot reach those who have them (${docPages.surroundings})`,
    ];
  });
}

/** Ranges that will have to wait until another has left the ledger: one of a network that is gone or has given it up. Those of standing networks are refused anyway. */
export function waitingWarnings(
  added: readonly Placed<PodNetworkRange>[],
  candidate: PodNetwork,
  networks: readonly PodNetwork[],
  ledgers: readonly RangeLedger[],
): string[] {
  const entries = ledgers.flatMap(({ spec }) => spec.entries.map((entry) => ({ entry, other: parseLoosePrefix(entry.cidr) })));
  const isStanding = (network: string, cidr: string) =>
    networks.some(({ metadata, spec }) => metadata.name === network && spec.ranges.some((range) => range.cidr === cidr));
  return added.flatMap(({ path, value }): string[] => {
    const prefix = parseLoosePrefix(value.cidr);
    if (prefix === undefined) return [];
    const inTheWay = entries.filter(({ entry, other }) => {
      if (other === undefined || !prefixesOverlap(prefix, other)) return false;
      const isOwn = entry.networkUID === candidate.metadata.uid && entry.cidr === value.cidr && entry.state === "Open";
      return !isOwn && !(entry.network !== candidate.metadata.name && isStanding(entry.network, entry.cidr));
    });
    return inTheWay.map(
      ({ entry }) =>
        `${path}: ${value.cidr} has to wait (RangeInUse) until the last subnet of ${entry.cidr}, which PodNetwork/${entry.network} had, is released (${docPages.change})`,
    );
  });
}

/** All but the first, the gateway's and, in IPv4, the last. */
function renderPodAddresses({ family, length }: Prefix): string {
  const bits = addressBits(family) - length;
  return bits > 31 ? `2^${bits}` : String(2 ** bits - (family === 4 ? 3 : 2));
}
