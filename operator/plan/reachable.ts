import { countOf } from "../../lib/text/counts.ts";
import type { PodNetworkConditionType, Verdict } from "../../crds/conditions.ts";
import { judged, type NetworkView } from "./network-view.ts";
import { type Suspect, suspectsOf, type UnreachedPair } from "./reachability.ts";

/** Whether the pods of all nodes are reached, and whether that is a reason for the network not to be Ready. */
export interface Reach {
  readonly verdict: Verdict<PodNetworkConditionType>;
  /** As few nodes as may be unavailable explain what is wrong. */
  readonly isTolerated: boolean;
}

/** Of one node, and of all. */
const [mostPairsOfOne, mostPairs] = [3, 10];

/**
 * True: no agent of its nodes misses another node. False: some do, and the worst pairs are named. Unknown, which keeps no network from being Ready: no agent has told yet, as
 * before the first probes and with agents that know none. A single pair makes it False, and Ready does not follow as long as no more nodes than
 * `rollout.maxUnavailableNodes` are at fault: see `suspectsOf`.
 */
export function reachable(view: NetworkView): Reach {
  const { members, reaching } = view;
  const names = new Set(members.map(({ member }) => member.node.name));
  const heard = [...names].filter((name) => reaching.judged.has(name)).length;
  if (members.length === 0) return fine("True", "NoNodes", "it has no nodes");
  if (heard === 0) return fine("Unknown", "NotProbed", "no agent has told yet whom it reaches");
  const pairs = reaching.pairs.filter(({ from, to }) => names.has(from) || names.has(to));
  const { tolerated } = judged(view);
  if (pairs.length === 0) return fine("True", "Reachable", `${countOf(heard, "node")} of ${members.length} probed, all reached`);
  const suspects = suspectsOf(pairs, tolerated + mostPairs);
  const message = `${countOf(pairs.length, "pair")} of nodes not reached: ${describe(suspects)}; ${remedy}`;
  return {
    verdict: { type: "Reachable", status: "False", reason: "PeersUnreachable", message },
    isTolerated: suspects.length <= tolerated,
  };
}

const remedy =
  "let the pods' packets, those of tunnels and UDP at PODNET_PROBE_PORT pass between these nodes; status.reachability of their NodeNetworks has more";

function fine(status: Reach["verdict"]["status"], reason: string, message: string): Reach {
  return { verdict: { type: "Reachable", status, reason, message }, isTolerated: true };
}

/** e.g. `"node-1 and node-2 (IPv4: no answer)"`; `"node-1 to node-2"` where the other one does not say so. */
function describe(suspects: readonly Suspect[]): string {
  const named = suspects.flatMap(({ node, pairs }) => {
    const rest = pairs.length - mostPairsOfOne;
    const worst = pairs.toSorted((a, b) => Number(b.isMutual) - Number(a.isMutual)).slice(0, mostPairsOfOne);
    const texts = worst.map(pairText);
    return rest > 0 ? [...texts, `${node} and ${countOf(rest, "other")}`] : texts;
  });
  const rest = named.length - mostPairs;
  return named.slice(0, mostPairs).join(", ") + (rest > 0 ? " and more" : "");
}

function pairText({ from, to, isMutual, ways }: UnreachedPair): string {
  return `${from} ${isMutual ? "and" : "to"} ${to} (${ways.map(wayText).join(", ")})`;
}

const words: Readonly<Record<string, string>> = {
  NoAnswer: "no answer",
  FullSizeLost: "packets of full size vanish, smaller ones pass",
  NoRoute: "no route",
};

/** A later version's agent may say what this one does not know. */
function wayText(way: string): string {
  const [family = "", reason = ""] = way.split(": ");
  return `${family}: ${words[reason] ?? reason}`;
}
