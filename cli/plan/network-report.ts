import type { PodNetworkStatus } from "../../crds/types.ts";
import { containsPrefix, parseLoosePrefix } from "../../lib/net/prefix.ts";
import type { Member } from "../../operator/plan/member.ts";
import { isToLeave } from "../../operator/plan/needs.ts";
import { isDraining, mostUnavailable } from "../../operator/plan/rollout.ts";
import type { Settled } from "../../operator/plan/settle.ts";
import { compareText } from "../../lib/text/order.ts";
import { familyName, type Network, type NodeRecord, type Snapshot } from "../../operator/plan/snapshot.ts";
import type { Candidate } from "./candidate.ts";
import type { Refusal } from "./refusal.ts";
import type { CapacityReport, DeletionReport, DrainReport, NetworkReport, NodeReport } from "./report.ts";
import { families } from "../../lib/net/address.ts";

/** Statuses that the operator would write: UID → status. */
export type Statuses = ReadonlyMap<string, PodNetworkStatus>;

export interface NetworkReportInput {
  readonly candidates: readonly Candidate[];
  readonly refusals: readonly Refusal[];
  readonly settled: Settled;
  readonly nodes: readonly NodeReport[];
  readonly before: Statuses;
  readonly after: Statuses;
}

/** What becomes of every network, by name. */
export function networkReports(input: NetworkReportInput): NetworkReport[] {
  const { candidates, refusals, settled, nodes, before, after } = input;
  const networks = new Map(settled.snapshot.networks.map((network) => [network.name, network]));
  const members = Map.groupBy(settled.allocation.members, ({ network }) => network.name);
  const byNetwork = Map.groupBy(nodes, ({ network }) => network);
  return candidates.map(({ name, change, file, old }): NetworkReport => {
    const network = networks.get(name);
    const refusal = refusals.find((one) => one.network === name);
    return {
      name,
      change,
      ...(file !== undefined && { file }),
      accepted: refusal === undefined && network !== undefined && isAccepted(network, settled),
      ...(refusal !== undefined && { refusedBy: refusal.by }),
      nodes: countNodes(byNetwork.get(name) ?? [], members.get(name)?.length ?? 0),
      ...capacities(old && before.get(old.metadata.uid), network && after.get(network.uid)),
      ...(network !== undefined && departures(network, members.get(name) ?? [], settled, after.get(network.uid))),
    };
  });
}

function isAccepted({ uid, issues }: Network, { allocation }: Settled): boolean {
  return issues.length === 0 && allocation.acceptance.get(uid)?.refused.length === 0;
}

function capacities(
  before: PodNetworkStatus | undefined,
  after: PodNetworkStatus | undefined,
): Pick<NetworkReport, "before" | "after"> {
  return {
    ...(before !== undefined && { before: capacityOf(before) }),
    ...(after !== undefined && { after: capacityOf(after) }),
  };
}

function departures(
  network: Network,
  members: readonly Member[],
  settled: Settled,
  status: PodNetworkStatus | undefined,
): Pick<NetworkReport, "drain" | "deletion"> {
  if (network.deleting) return { deletion: deletionOf(network, settled.snapshot) };
  const drain = network.issues.length > 0 ? undefined : drainOf(network, members, settled, status);
  return drain === undefined ? {} : { drain };
}

function countNodes(nodes: readonly NodeReport[], members: number): NetworkReport["nodes"] {
  const get = nodes.filter(({ gets }) => gets.length > 0).length;
  const lose = nodes.filter(({ loses }) => loses.length > 0).length;
  const keep = nodes.filter(({ keeps, loses }) => keeps.length > 0 && loses.length === 0).length;
  return { members, get, keep, lose };
}

function capacityOf({ ranges = [], capacity }: PodNetworkStatus): CapacityReport {
  return { ranges, nodesUntilExhaustion: capacity?.nodesUntilExhaustion ?? 0 };
}

function drainOf(
  network: Network,
  members: readonly Member[],
  { allocation }: Settled,
  status: PodNetworkStatus | undefined,
): DrainReport | undefined {
  const acceptance = allocation.acceptance.get(network.uid);
  const isLeaving = ({ prefix }: Member["claims"][number]) => isToLeave(acceptance, prefix);
  const leaving = members.filter(({ claims }) => claims.some(isLeaving));
  if (leaving.length === 0) return undefined;
  const [moving, waiting] = [true, false].map((under) => leaving.filter((member) => isDraining(member) === under));
  const { maxUnavailableNodes, paused } = network.object.spec.rollout;
  const names = (list: readonly Member[] = []) => list.map(({ node }) => node.name);
  return {
    ranges: rangesLeft(network, leaving, isLeaving),
    budget: mostUnavailable(network, members.length),
    maxUnavailableNodes,
    paused,
    moving: names(moving),
    waiting: names(waiting),
    room: families.flatMap((family) => {
      const needed = (waiting ?? []).filter(({ claims }) => {
        const own = claims.filter(({ prefix }) => prefix.family === family);
        return own.length > 0 && own.every(isLeaving);
      }).length;
      return needed === 0 ? [] : [{ family: familyName(family), needed, free: freeOf(status, family) }];
    }),
  };
}

/** The ranges that nodes leave, as the spec has them; behind them each subnet that lies in none of those any more. */
function rangesLeft(
  network: Network,
  leaving: readonly Member[],
  isLeaving: (claim: Member["claims"][number]) => boolean,
): string[] {
  const draining = network.ranges.filter((range) => range.draining);
  const isStray = ({ prefix }: Member["claims"][number]) => !draining.some((range) => containsPrefix(range.prefix, prefix));
  const strays = leaving.flatMap(({ claims }) => claims.filter((claim) => isLeaving(claim) && isStray(claim)));
  const subnets = new Set(strays.map(({ object }) => object.spec.cidr));
  return [...draining.map(({ cidr }) => cidr), ...[...subnets].toSorted(compareText)];
}

function freeOf(status: PodNetworkStatus | undefined, family: 4 | 6): number {
  const ranges = (status?.ranges ?? []).filter(({ cidr }) => parseLoosePrefix(cidr)?.family === family);
  return ranges.reduce((sum, { free }) => sum + free, 0);
}

function deletionOf({ uid, object }: Network, { records }: Snapshot): DeletionReport {
  const own = records
    .filter((record) => record.object.spec.networkUID === uid)
    .toSorted((a, b) => compareText(a.node, b.node))
    .map((record) => ({ node: record.node, pods: podsOf(record) }));
  const nodes = own.flatMap(({ node, pods = 0 }) => (pods === 0 ? [] : [{ node, pods }]));
  return {
    pods: nodes.reduce((sum, { pods }) => sum + pods, 0),
    nodes: nodes.toSorted((a, b) => b.pods - a.pods),
    unknown: own.filter(({ pods }) => pods === undefined).map(({ node }) => node),
    holdSeconds: object.spec.release.holdSeconds,
  };
}

function podsOf({ object }: NodeRecord): number | undefined {
  return object.status?.subnets?.reduce((sum, { leases }) => sum + leases, 0);
}
