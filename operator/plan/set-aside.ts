import { selects } from "../../crds/selector.ts";
import { isPrefixProblem, type Prefix, parsePrefix, prefixesOverlap } from "../../lib/net/prefix.ts";
import type { Network, NetworkRange, NodeRecord, Snapshot } from "./snapshot.ts";

/** Whether a network sets aside what touches Services, so that it must be known where these are. */
export function setsServicesAside({ object, issues }: Network): boolean {
  return issues.length === 0 && object.spec.overlapPolicy.services === "Reserve";
}

/** Whether a network must wait since it is not known where Services are, which it keeps away from. */
export function isServicesUnseen(network: Network, { services }: Pick<Snapshot, "services">): boolean {
  return setsServicesAside(network) && services === undefined;
}

/**
 * Gives the prefixes of others that a network has asked to keep away from (spec.overlapPolicy: Reserve). While it is not known where Services are, nothing is
 * given from a network that wants to keep away from them: all of its ranges count.
 */
export function setAside(snapshot: Pick<Snapshot, "nodes" | "records" | "services">): (network: Network) => readonly Prefix[] {
  const known = new Map<Network, readonly Prefix[]>();
  const find = (network: Network): Prefix[] => {
    if (network.issues.length > 0) return [];
    const { overlapPolicy, nodeSelector } = network.object.spec;
    const { services = network.ranges.map(({ prefix }) => prefix), nodes, records } = snapshot;
    return [
      ...(overlapPolicy.services === "Reserve" ? services : []),
      ...(overlapPolicy.nodes === "Reserve"
        ? nodes.flatMap(({ labels, podCIDRs }) => (selects(nodeSelector, labels) ? [] : podCIDRs))
        : []),
      ...(overlapPolicy.hostRoutes === "Reserve" ? routesIn(network.ranges, records) : []),
    ];
  };
  return (network) => {
    const found = known.get(network) ?? find(network);
    known.set(network, found);
    return found;
  };
}

/**
 * Prefixes that nodes have foreign routes to. Of what one agent alone reports only such as lie within one node subnet count, so that nobody who can write the status of
 * one node can set a whole range aside.
 */
function routesIn(ranges: readonly NetworkRange[], records: readonly NodeRecord[]): Prefix[] {
  const reporters = new Map<string, number>();
  for (const { object } of records)
    for (const cidr of new Set(object.status?.hostRoutes?.map((route) => route.cidr)))
      reporters.set(cidr, (reporters.get(cidr) ?? 0) + 1);
  return [...reporters].flatMap(([cidr, count]) => {
    const prefix = parsePrefix(cidr);
    if (isPrefixProblem(prefix)) return [];
    const isSmall = ranges.every((range) => !prefixesOverlap(range.prefix, prefix) || prefix.length >= range.subnetLength);
    return count > 1 || isSmall ? [prefix] : [];
  });
}
