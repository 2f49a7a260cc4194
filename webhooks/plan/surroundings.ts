import { selects } from "../../crds/selector.ts";
import type { NodeNetwork, PodNetwork } from "../../crds/types.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import type { ServiceRange } from "../../lib/kube/service-ranges.ts";
import { addressBits, parseAddress } from "../../lib/net/address.ts";
import { parseLoosePrefix, type Prefix, prefixAround } from "../../lib/net/prefix.ts";
import type { Evidence } from "./evidence.ts";

/** What a range may meet that is no PodNetwork's, as spec.overlapPolicy names it. */
export type Surrounding = "services" | "nodes" | "hostRoutes";

/** Something there that has addresses. */
export interface Neighbour {
  readonly prefix: Prefix;
  /** e.g. `"ServiceCIDR/kubernetes (10.96.0.0/12)"`, `"Node/a (InternalIP 10.0.0.7)"`. */
  readonly name: string;
}

/** The neighbours of a class, as far as they could be read, or why they could not. */
export function neighboursOf(
  surrounding: Surrounding,
  candidate: PodNetwork,
  { services, nodes, records }: Evidence,
): { readonly found: readonly Neighbour[]; readonly problem?: string } {
  const reading = { services, nodes, hostRoutes: records }[surrounding];
  if (reading.problem !== undefined) return { found: [], problem: reading.problem };
  const found = {
    services: () => (services.problem === undefined ? services.items.flatMap(serviceNeighbours) : []),
    nodes: () => (nodes.problem === undefined ? nodes.items.flatMap((node) => nodeNeighbours(candidate, node)) : []),
    hostRoutes: () => (records.problem === undefined ? records.items.flatMap(routeNeighbours) : []),
  };
  return { found: found[surrounding]() };
}

function serviceNeighbours({ cidr, by }: ServiceRange): Neighbour[] {
  const prefix = parseLoosePrefix(cidr);
  return prefix === undefined ? [] : [{ prefix, name: `${by} (${cidr})` }];
}

/** Its addresses; its podCIDRs, too, where the network does not select it: of one that it selects it may take them over. */
function nodeNeighbours({ spec }: PodNetwork, { metadata, spec: own, status }: Node): Neighbour[] {
  const hosts = (status?.addresses ?? []).flatMap(({ type, address }): Neighbour[] => {
    const parsed = type === "InternalIP" || type === "ExternalIP" ? parseAddress(address) : undefined;
    if (parsed === undefined) return [];
    return [{ prefix: prefixAround(parsed, addressBits(parsed.family)), name: `Node/${metadata.name} (${type} ${address})` }];
  });
  if (selects(spec.nodeSelector, metadata.labels ?? {})) return hosts;
  const cidrs = own?.podCIDRs ?? (own?.podCIDR === undefined ? [] : [own.podCIDR]);
  const ranges = cidrs.flatMap((cidr): Neighbour[] => {
    const prefix = parseLoosePrefix(cidr);
    return prefix === undefined ? [] : [{ prefix, name: `Node/${metadata.name} (spec.podCIDRs: ${cidr})` }];
  });
  return [...hosts, ...ranges];
}

function routeNeighbours({ metadata, status }: NodeNetwork): Neighbour[] {
  return (status?.hostRoutes ?? []).flatMap(({ cidr, device }): Neighbour[] => {
    const prefix = parseLoosePrefix(cidr);
    const name = `Node/${metadata.name} (route ${cidr}${device === undefined ? "" : ` dev ${device}`})`;
    return prefix === undefined ? [] : [{ prefix, name }];
  });
}
