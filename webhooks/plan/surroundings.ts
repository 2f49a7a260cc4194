import type { NodeNetwork } from "../../crds/types.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import type { Labels } from "../../crds/selector.ts";
import type { ServiceRange } from "../../lib/kube/service-ranges.ts";
import { addressBits, parseAddress } from "../../lib/net/address.ts";
import { parseLoosePrefix, type Prefix, prefixAround } from "../../lib/net/prefix.ts";
import { indexPrefixes, type PrefixIndex } from "../../lib/net/prefix-index.ts";
import type { Evidence, Reading } from "./evidence.ts";

/** What a range may meet that is no PodNetwork's, as spec.overlapPolicy names it. */
export type Surrounding = (typeof surroundings)[number];

export const surroundings = ["services", "nodes", "hostRoutes"] as const;

/** Something there that has addresses. */
export interface Neighbour {
  readonly prefix: Prefix;
  /** e.g. `"ServiceCIDR/kubernetes (10.96.0.0/12)"`, `"Node/a (InternalIP 10.0.0.7)"`. */
  readonly name: string;
  /** Of the Node whose podCIDR it is: no neighbour of a network that selects that one, and may take it over. */
  readonly ofNode?: Labels;
  /** Of a route the Node whose agent reports it. */
  readonly reportedBy?: string;
}

/** The neighbours of a class, to be asked which of them overlap something: O(log n) a question. */
export type Neighbours = Pick<PrefixIndex<Neighbour>, "touching">;

/** The neighbours of a class, as far as they could be read, or why they could not. Those that were sorted before are taken as they are. */
export function neighboursOf(
  surrounding: Surrounding,
  { services, nodes, records, neighbours }: Evidence,
): { readonly found: Neighbours; readonly problem?: string } {
  const sorted = neighbours?.[surrounding];
  if (sorted !== undefined) return { found: sorted };
  switch (surrounding) {
    case "services":
      return read(services, serviceNeighbours);
    case "nodes":
      return read(nodes, nodeNeighbours);
    case "hostRoutes":
      return read(records, routeNeighbours);
  }
}

function read<T>(reading: Reading<T>, of: (item: T) => Neighbour[]): { readonly found: Neighbours; readonly problem?: string } {
  if (reading.problem !== undefined) return { found: indexPrefixes([]), problem: reading.problem };
  return { found: indexPrefixes(reading.items.flatMap(of)) };
}

function serviceNeighbours({ cidr, by }: ServiceRange): Neighbour[] {
  const prefix = parseLoosePrefix(cidr);
  return prefix === undefined ? [] : [{ prefix, name: `${by} (${cidr})` }];
}

/** A Node's addresses and podCIDRs, each once, however often it says so. */
export function nodeNeighbours({ metadata, spec, status }: Node): Neighbour[] {
  const all = status?.addresses ?? [];
  const addresses = new Map(all.map(({ type, address }) => [`${type} ${address}`, { type, address }]));
  const hosts = [...addresses.values()].flatMap(({ type, address }): Neighbour[] => {
    const parsed = type === "InternalIP" || type === "ExternalIP" ? parseAddress(address) : undefined;
    if (parsed === undefined) return [];
    return [{ prefix: prefixAround(parsed, addressBits(parsed.family)), name: `Node/${metadata.name} (${type} ${address})` }];
  });
  const cidrs = new Set(spec?.podCIDRs ?? (spec?.podCIDR === undefined ? [] : [spec.podCIDR]));
  const ranges = [...cidrs].flatMap((cidr): Neighbour[] => {
    const prefix = parseLoosePrefix(cidr);
    const name = `Node/${metadata.name} (spec.podCIDRs: ${cidr})`;
    return prefix === undefined ? [] : [{ prefix, name, ofNode: metadata.labels ?? {} }];
  });
  return [...hosts, ...ranges];
}

/** The foreign routes that a node's agent reports. */
export function routeNeighbours({ metadata, status }: NodeNetwork): Neighbour[] {
  return (status?.hostRoutes ?? []).flatMap(({ cidr, device }): Neighbour[] => {
    const prefix = parseLoosePrefix(cidr);
    const name = `Node/${metadata.name} (route ${cidr}${device === undefined ? "" : ` dev ${device}`})`;
    return prefix === undefined ? [] : [{ prefix, name, reportedBy: metadata.name }];
  });
}
