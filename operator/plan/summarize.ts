import { setConditions } from "../../crds/conditions.ts";
import type { PodNetworkStatus, PodNetworkStatusRange } from "../../crds/types.ts";
import { containsPrefix } from "../../lib/net/prefix.ts";
import { countSubnets } from "../../lib/net/ranges.ts";
import type { Allocation } from "./allocate.ts";
import type { Blockers } from "./finalize.ts";
import { isComplete } from "./member.ts";
import { networkConditions, type NetworkView } from "./network-conditions.ts";
import type { NodeProgress } from "./node-progress.ts";
import type { Occupancy } from "./occupancy.ts";
import { isDraining } from "./rollout.ts";
import type { Claim, Network } from "./snapshot.ts";

/** What statuses are made of. */
export interface SummaryInput {
  readonly networks: readonly Network[];
  readonly claims: readonly Claim[];
  readonly allocation: Allocation;
  /** Node name → how far it is; one entry per member. */
  readonly progress: ReadonlyMap<string, NodeProgress>;
  /** UID of a Terminating network → what was last found in its way. */
  readonly blockers: ReadonlyMap<string, Blockers>;
  readonly nowMs: number;
}

/** The status of every network: UID → status. A condition's lastTransitionTime moves with its status only. */
export function summarize(input: SummaryInput): ReadonlyMap<string, PodNetworkStatus> {
  const { allocation } = input;
  const members = Map.groupBy(allocation.members, (member) => member.network.uid);
  const held = Map.groupBy(
    input.claims.filter(({ object }) => object.spec.state === "Held"),
    ({ object }) => object.spec.networkUID,
  );
  const failures = Map.groupBy(allocation.failures, (failure) => failure.networkUID);
  return new Map(
    input.networks.map((network) => {
      const view: NetworkView = {
        network,
        acceptance: allocation.acceptance.get(network.uid) ?? { accepted: [], refused: [] },
        members: (members.get(network.uid) ?? []).flatMap((member) => {
          const state = input.progress.get(member.node.name);
          return state === undefined ? [] : [{ member, state }];
        }),
        failures: failures.get(network.uid) ?? [],
        held: held.get(network.uid)?.map(({ prefix }) => prefix) ?? [],
        blockers: input.blockers.get(network.uid),
        wasReady: network.object.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false,
      };
      return [network.uid, statusOf(view, allocation.occupancy, input.nowMs)];
    }),
  );
}

function statusOf(view: NetworkView, use: Occupancy, nowMs: number): PodNetworkStatus {
  const { network, members } = view;
  const { status, metadata } = network.object;
  const observedGeneration = metadata.generation ?? 0;
  const ranges = rangesOf(view, use);
  const count = (...states: readonly string[]) => members.filter(({ state }) => states.includes(state.progress)).length;
  const programmed = count("programmed");
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
    conditions: setConditions(status?.conditions ?? [], networkConditions(view), { observedGeneration, nowMs }),
    ranges,
    nodes: {
      selected: members.length,
      allocated: members.filter(({ member }) => isComplete(member)).length,
      programmed,
      joining: count("joining"),
      degraded: count("failing", "silent"),
      draining: members.filter(({ member }) => isDraining(member)).length,
    },
  };
}

function rangesOf({ network, acceptance, held }: NetworkView, use: Occupancy): PodNetworkStatusRange[] {
  return network.ranges.map((range) => {
    const own = acceptance.accepted.find(({ cidr }) => cidr === range.cidr);
    const taken = own === undefined ? [] : use.takenFrom(own.entry);
    const counts = countSubnets({ range: range.prefix, subnetLength: range.subnetLength, taken, reserved: network.reserved });
    return {
      cidr: range.cidr,
      accepted: own !== undefined,
      total: counts.total,
      allocated: counts.taken,
      reserved: counts.reserved,
      held: held.filter((prefix) => containsPrefix(range.prefix, prefix)).length,
      free: own === undefined || range.draining ? 0 : counts.free,
    };
  });
}

/** Where the first range of each family stands, in the order of the ranges. */
function firstOfFamilies({ network }: NetworkView): number[] {
  const families = network.ranges.map((range) => range.prefix.family);
  return [...new Set(families)].map((family) => families.indexOf(family));
}
