import { countOf, renderFirst } from "../../lib/text/counts.ts";
import { compareText } from "../../lib/text/order.ts";
import { renderTime } from "../../crds/conditions.ts";
import type { PodNetworkStatusBlockedBy } from "../../crds/types.ts";
import {
  containsPrefix,
  parsePrefix,
  isPrefixProblem,
  prefixesOverlap,
  type Prefix,
  renderPrefix,
} from "../../lib/net/prefix.ts";
import { givingRanges } from "./accept.ts";
import type { Member } from "./member.ts";
import { isUnwanted, type NetworkView } from "./network-view.ts";
import { readPrefixes } from "./read.ts";
import { isDraining, isSilent } from "./rollout.ts";
import { type Claim, familyName } from "./snapshot.ts";

type Blocker = PodNetworkStatusBlockedBy;

/** What the schema holds. */
const mostBlockers = 10;
const longestReason = 256;

/** What a deletion, a drain or a range that is still in use waits for, the first ten, each object once. */
export function blockedBy(view: NetworkView): Blocker[] {
  const all = [...deletionBlockers(view), ...rangeBlockers(view), ...drainBlockers(view)];
  const unique = new Map(all.toReversed().map((blocker) => [`${blocker.kind} ${blocker.name}`, blocker]));
  return [...unique.values()]
    .toReversed()
    .slice(0, mostBlockers)
    .map((blocker) => ({ ...blocker, reason: blocker.reason.slice(0, longestReason) }));
}

/** First the pods, then, when none is left, the subnets that rest. */
function deletionBlockers(view: NetworkView): Blocker[] {
  const { network, blockers, claims } = view;
  if (!network.deleting || blockers === undefined) return [];
  if (blockers.pods > 0) {
    return blockers.nodes
      .slice(0, mostBlockers)
      .map(({ node, pods }) => ({ kind: "Node", name: node, reason: `${countOf(pods, "pod")} with an address of this network` }));
  }
  return claimBlockers(view, claims);
}

/** For ranges that wait for what is in use: the claims that lie there, or else the network that still has it. */
function rangeBlockers(view: NetworkView): Blocker[] {
  const { acceptance, cluster, network } = view;
  if (network.deleting) return [];
  return acceptance.refused
    .filter(({ reason }) => reason === "RangeInUse")
    .flatMap(({ range, by }) => {
      const touched = areaOf(range.prefix, by?.cidr);
      const claims = cluster.claims.filter(({ prefix }) => touched.some((area) => prefixesOverlap(area, prefix)));
      const other = cluster.networks.find(({ name }) => name === by?.network);
      const owner = other === undefined || other.uid === network.uid ? [] : [other];
      return [
        ...owner.map(({ name, deleting }) => {
          const state = deleting ? "Terminating: " : "";
          return { kind: "PodNetwork", name, reason: `${state}nodes still use ${by?.cidr}, which ${range.cidr} overlaps` };
        }),
        ...claimBlockers(view, claims),
        ...recordBlockers(view, touched),
      ];
    });
}

/** Nodes that have subnets there, by what they are told or say, since a claim may be lost. */
function recordBlockers({ cluster }: NetworkView, areas: readonly Prefix[]): Blocker[] {
  return cluster.records
    .flatMap(({ node, subnets, object }) => {
      const all = [...subnets, ...readPrefixes((object.status?.subnets ?? []).map(({ cidr }) => cidr))];
      const there = all.filter((prefix) => areas.some((area) => prefixesOverlap(area, prefix))).map(renderPrefix);
      return there.length === 0
        ? []
        : [{ kind: "NodeNetwork", name: node, reason: `still has ${renderFirst([...new Set(there)])}` }];
    })
    .toSorted((a, b) => compareText(a.name, b.name))
    .slice(0, mostBlockers);
}

/** An entry leaves the ledger with its last claim, so claims anywhere in it are in the way. */
function areaOf(range: Prefix, entry: string | undefined): Prefix[] {
  const around = entry === undefined ? range : parsePrefix(entry);
  return isPrefixProblem(around) ? [range] : [range, around];
}

/** For ranges that nodes leave: what keeps all from going on, then nodes with pods left there, those under way first and those that wait last, then the subnets that rest. */
function drainBlockers(view: NetworkView): Blocker[] {
  const { network, acceptance, members, failures } = view;
  if (network.deleting || network.issues.length > 0) return [];
  const { name } = network;
  const leaving = network.ranges.filter(({ draining }) => draining);
  const giving = new Set(givingRanges(acceptance).map(({ prefix }) => prefix.family));
  const exhausted = new Set(failures.filter(({ code }) => code === "RangeExhausted").map(({ node }) => node));
  const affected = members
    .map(({ member }) => ({ member, subnets: drainedSubnets(member) }))
    .filter(({ subnets }) => subnets.length > 0);
  const stuck = affected.flatMap(({ member, subnets }) =>
    subnets.filter(({ family }) => exhausted.has(member.node.name) || !giving.has(family)),
  );
  const families = new Set(stuck.map(({ family }) => familyName(family)));
  const { paused } = network.object.spec.rollout;
  const waiting = affected.filter(({ member }) => !isDraining(member));
  const causes = [
    ...(families.size > 0 ? [`no other ${[...families].join(" or ")} range has room; append one to spec.ranges`] : []),
    ...(paused && waiting.length > 0 ? [`spec.rollout.paused: ${countOf(waiting.length, "node")} not begun`] : []),
  ];
  return [
    ...(causes.length === 0 ? [] : [{ kind: "PodNetwork", name, reason: causes.join("; ") }]),
    ...affected
      .toSorted((a, b) => place(a.member) - place(b.member))
      .slice(0, mostBlockers)
      .map(({ member, subnets }) => ({ kind: "Node", name: member.node.name, reason: drainState(member, subnets) })),
    ...claimBlockers(
      view,
      view.claims.filter(
        ({ object, prefix }) => object.spec.state === "Held" && leaving.some((range) => containsPrefix(range.prefix, prefix)),
      ),
    ),
  ];
}

/** Subnets that a member has of ranges that are drained, or gone from the network. */
function drainedSubnets({ network, claims, lost }: Member): Prefix[] {
  return [...claims.map(({ prefix }) => prefix), ...lost].filter((prefix) => isUnwanted(network, prefix));
}

/** Silent ones, which need a person, stand before those that only wait. */
function place(member: Member): number {
  if (isSilent(member)) return 1;
  return isDraining(member) ? 0 : 2;
}

function drainState(member: Member, subnets: readonly Prefix[]): string {
  const names = new Set(subnets.map(renderPrefix));
  const reported = (member.record?.object.status?.subnets ?? []).filter(({ cidr }) => names.has(cidr));
  const leases = reported.reduce((sum, subnet) => sum + subnet.leases, 0);
  const pods = reported.length === 0 ? "an unknown number of pods" : countOf(leases, "pod");
  const silent = "; its kubelet is silent: bring the node back, or delete its Node if it is gone for good";
  const turn = isDraining(member) ? "" : "; waits for its turn";
  return `${pods} in ${renderFirst([...names])}${isSilent(member) ? silent : turn}`;
}

/** Claims in the way, those that rest last. */
function claimBlockers(view: NetworkView, claims: readonly Claim[]): Blocker[] {
  return claims
    .toSorted((a, b) => Number(isHeld(a)) - Number(isHeld(b)) || compareText(a.object.metadata.name, b.object.metadata.name))
    .slice(0, mostBlockers)
    .map((claim) => ({ kind: "NodeSubnet", name: claim.object.metadata.name, reason: claimState(view, claim) }));
}

function isHeld({ object }: Claim): boolean {
  return object.spec.state === "Held";
}

/** e.g. `"rests until 2026-01-01T00:05:00Z"`; once that is past, with what it waits for then. */
function claimState({ cluster, nowMs }: NetworkView, { object }: Claim): string {
  const { state, node } = object.spec;
  if (state !== "Held") return `${state} on Node ${node}`;
  const rest = cluster.rests.get(object.metadata.name);
  if (rest === undefined || Number.isNaN(rest.untilMs)) return "rests";
  const until = `until ${renderTime(rest.untilMs)}`;
  if (nowMs < rest.untilMs || rest.because === undefined) return `rests ${until}`;
  return `rested ${until}; ${rest.because}`;
}
