import type { PodNetworkStatus } from "../../crds/types.ts";
import type { Member } from "./member.ts";
import type { NodeProgress, Progress } from "./node-progress.ts";
import type { Network } from "./snapshot.ts";

/** What a pass found out about networks, each part as long as the pass keeps it. */
export interface Found {
  readonly networks: readonly Network[];
  readonly members: readonly Member[];
  /** Node name → how far it is. */
  readonly progress: ReadonlyMap<string, NodeProgress>;
  /** UID → status. */
  readonly statuses: ReadonlyMap<string, PodNetworkStatus>;
}

/** What is counted of one network. */
export interface NetworkFigures {
  readonly network: string;
  readonly status: PodNetworkStatus;
  /** Every progress there is, also where no node is that far. */
  readonly nodes: Readonly<Record<Progress, number>>;
  readonly subnets: readonly SubnetFigures[];
}

/** Subnets of one family; no subnet counts as both used and held. */
export interface SubnetFigures {
  readonly family: "IPv4" | "IPv6";
  readonly used: number;
  readonly held: number;
  readonly reserved: number;
  readonly free: number;
}

/** So many networks are told apart at most, so that no scrape grows without bound. */
export const mostNetworks = 200;

/** The figures of every network, by name; where there are more than `mostNetworks`, of those that are not Ready first. */
export function networkFigures({ networks, members, progress, statuses }: Found): NetworkFigures[] {
  const of = Map.groupBy(members, (member) => member.network.uid);
  const isReady = ({ uid }: Network) =>
    statuses.get(uid)?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
  const ordered = networks.toSorted((a, b) => Number(isReady(a)) - Number(isReady(b)) || (a.name < b.name ? -1 : 1));
  return ordered.slice(0, mostNetworks).flatMap(({ name, uid }) => {
    const status = statuses.get(uid);
    if (status === undefined) return [];
    const nodes = countProgress((of.get(uid) ?? []).map(({ node }) => progress.get(node.name)?.progress));
    return [{ network: name, status, nodes, subnets: countSubnets(status) }];
  });
}

function countProgress(states: readonly (Progress | undefined)[]): Record<Progress, number> {
  const counts = { programmed: 0, programming: 0, joining: 0, failing: 0, unready: 0, silent: 0 };
  for (const state of states) if (state !== undefined) counts[state] += 1;
  return counts;
}

function countSubnets({ ranges = [] }: PodNetworkStatus): SubnetFigures[] {
  const accepted = ranges.filter((range) => range.accepted);
  const byFamily = Map.groupBy(accepted, ({ cidr }) => (cidr.includes(":") ? ("IPv6" as const) : ("IPv4" as const)));
  return Array.from(byFamily, ([family, own]) => {
    const sum = (field: "allocated" | "held" | "reserved" | "free") => own.reduce((total, range) => total + range[field], 0);
    return { family, used: sum("allocated") - sum("held"), held: sum("held"), reserved: sum("reserved"), free: sum("free") };
  });
}
