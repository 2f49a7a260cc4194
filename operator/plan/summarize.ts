import { setConditions } from "../../crds/conditions.ts";
import type { PodNetworkStatus, PodNetworkStatusRange } from "../../crds/types.ts";
import { containsPrefix } from "../../lib/net/prefix.ts";
import { countSubnets } from "../../lib/net/ranges.ts";
import type { Allocation } from "./allocate.ts";
import { blockedBy } from "./blocked-by.ts";
import { capacityOf } from "./capacity.ts";
import { driftWord, summedDrift } from "./drift.ts";
import type { Blockers } from "./finalize.ts";
import type { Waiting } from "./hold.ts";
import { isComplete } from "./member.ts";
import { networkConditions } from "./network-conditions.ts";
import type { NetworkView } from "./network-view.ts";
import { addressConflicts } from "./node-addresses.ts";
import type { NodeProgress, Progress } from "./node-progress.ts";
import { adoptionCheck } from "./pod-cidr.ts";
import { judgeReaching } from "./reachability.ts";
import { useOf } from "./pool.ts";
import { awaitedNodes } from "./recovery-wait.ts";
import { noRefusedWrites, refusedFor, type RefusedWrites } from "./refused-writes.ts";
import { isDraining } from "./rollout.ts";
import { isServicesUnseen } from "./set-aside.ts";
import type { Network, Snapshot } from "./snapshot.ts";

/** What statuses are made of. */
export interface SummaryInput {
  readonly snapshot: Snapshot;
  readonly allocation: Allocation;
  /** Node name → how far it is; one entry per member. */
  readonly progress: ReadonlyMap<string, NodeProgress>;
  /** UID of a Terminating network → what was last found in its way. */
  readonly blockers: ReadonlyMap<string, Blockers>;
  /** What the API server did not take of what was just written; default nothing. */
  readonly refused?: RefusedWrites;
  /** What claims at rest wait for, of those of which it is known; default of none. */
  readonly waiting?: readonly Waiting[];
  readonly nowMs: number;
}

/** The status of every network: UID → status. Bounded in size whatever the number of nodes. A condition's lastTransitionTime moves with its status only. */
export function summarize(input: SummaryInput): ReadonlyMap<string, PodNetworkStatus> {
  const viewOf = views(input);
  return new Map(input.snapshot.networks.map((network) => [network.uid, statusOf(viewOf(network))]));
}

/** Gives what is known of each network; all lists are gone through once. */
function views({
  snapshot,
  allocation,
  progress,
  blockers,
  refused = noRefusedWrites,
  waiting = [],
  nowMs,
}: SummaryInput): (network: Network) => NetworkView {
  const { ledger, nodes, claims, networks, records } = snapshot;
  const members = Map.groupBy(allocation.members, (member) => member.network.uid);
  const owned = Map.groupBy(claims, ({ object }) => object.spec.networkUID);
  const failures = Map.groupBy(allocation.failures, (failure) => failure.networkUID);
  const conflicts = Map.groupBy(addressConflicts(snapshot), ({ claim }) => claim.object.spec.networkUID);
  const adoption = adoptionCheck({ claims, nodes });
  const reaching = judgeReaching(snapshot, progress);
  const stored = ledger?.object.spec.recovery;
  const recovery = stored === undefined ? undefined : { ...stored, awaited: awaitedNodes(snapshot) };
  const recordOf = new Map(records.map((record) => [record.node, record]));
  const rests = new Map(waiting.map((one) => [one.claim.object.metadata.name, one]));
  const cluster = { occupancy: allocation.occupancy, claims, networks, records, rests };
  return (network) => {
    const acceptance = allocation.acceptance.get(network.uid) ?? { accepted: [], refused: [] };
    const own = members.get(network.uid) ?? [];
    return {
      network,
      acceptance,
      members: own.flatMap((member) => {
        const state = progress.get(member.node.name);
        return state === undefined ? [] : [{ member, state }];
      }),
      failures: failures.get(network.uid) ?? [],
      ambiguities: allocation.ambiguities.filter(({ networks }) => networks.slice(1).some(({ uid }) => uid === network.uid)),
      claims: owned.get(network.uid) ?? [],
      unadopted: adoption(network, acceptance, own),
      conflicts: conflicts.get(network.uid) ?? [],
      drift: own.flatMap(({ node }) => driftWord(node, recordOf.get(node.name), nowMs) ?? []),
      recovery,
      blockers: blockers.get(network.uid),
      refused: refusedFor(refused, network),
      isServicesUnseen: isServicesUnseen(network, snapshot),
      nowMs,
      reaching,
      cluster,
    };
  };
}

function statusOf(view: NetworkView): PodNetworkStatus {
  const { network, members, nowMs } = view;
  const { status, metadata } = network.object;
  const observedGeneration = metadata.generation ?? 0;
  const ranges = rangesOf(view);
  const count = (...states: readonly Progress[]) => members.filter(({ state }) => states.includes(state.progress)).length;
  const programmed = count("programmed");
  const { figures, verdict } = capacityOf(view);
  const blockers = blockedBy(view);
  const drift = summedDrift(view.drift);
  return {
    observedGeneration,
    summary: {
      cidrs: ranges
        .filter((range) => range.accepted)
        .map((range) => range.cidr)
        .join(","),
      nodes: `${programmed}/${members.length}`,
      free: firstOfFamilies(view)
        .map((index) => `${ranges[index]?.free}/${ranges[index]?.total}`)
        .join(","),
    },
    conditions: setConditions(status?.conditions ?? [], networkConditions(view, verdict), { observedGeneration, nowMs }),
    ranges,
    nodes: {
      selected: members.length,
      allocated: members.filter(({ member }) => isComplete(member)).length,
      programmed,
      joining: count("joining"),
      degraded: count("failing", "silent", "unready"),
      draining: members.filter(({ member }) => isDraining(member)).length,
    },
    capacity: figures,
    ...(drift && { drift }),
    ...(blockers.length > 0 && { blockedBy: blockers }),
  };
}

function rangesOf({ network, acceptance, claims, cluster }: NetworkView): PodNetworkStatusRange[] {
  const held = claims.filter(({ object }) => object.spec.state === "Held");
  return network.ranges.map((range) => {
    const own = acceptance.accepted.find(({ cidr }) => cidr === range.cidr);
    const unused = { range: range.prefix, subnetLength: range.subnetLength, taken: [], reserved: network.reserved };
    const counts = countSubnets(own === undefined ? unused : useOf(own, network, cluster.occupancy));
    return {
      cidr: range.cidr,
      accepted: own !== undefined,
      total: counts.total,
      allocated: counts.taken,
      reserved: counts.reserved,
      held: held.filter(({ prefix }) => containsPrefix(range.prefix, prefix)).length,
      free: own === undefined || range.draining ? 0 : counts.free,
    };
  });
}

/** Where the first range of each family stands, in the order of the ranges. */
function firstOfFamilies({ network }: NetworkView): number[] {
  const families = network.ranges.map((range) => range.prefix.family);
  return [...new Set(families)].map((family) => families.indexOf(family));
}
