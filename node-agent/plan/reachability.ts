import { renderTime } from "../../crds/conditions.ts";
import type { NodeNetworkStatusReachability, NodeNetworkStatusReachabilityBad } from "../../crds/types.ts";
import { type Standings, standingsOf, type Survey, wayKey } from "./probe-survey.ts";
import { roundsToTurn, type WayStanding, type WayProblem } from "./probe-verdict.ts";
import { destinationOf, type ProbedPeer } from "./probing.ts";

/** Bad nodes that a status names. */
const mostNamed = 16;

/** What a node tells of its probes; the same as long as no way turns bad or good and no further peer is known. Undefined while nothing is known of any of its `peers`. */
export function reachabilityOf(peers: number, survey: Survey, standings: Standings): NodeNetworkStatusReachability | undefined {
  if (survey.known === 0 && peers > 0) return undefined;
  const named = badPeers(survey, standings)
    .toSorted((a, b) => (a.node < b.node ? -1 : 1))
    .slice(0, mostNamed);
  const bad = named.flatMap(({ node, ways }) =>
    ways.flatMap((way): NodeNetworkStatusReachabilityBad[] => {
      const found = standings.get(wayKey(node, way))?.bad;
      if (found === undefined) return [];
      const family = way.family === 4 ? "IPv4" : "IPv6";
      return [{ node, family, reason: found.reason, since: renderTime(found.sinceMs) }];
    }),
  );
  return { probed: survey.known, ...(bad.length === 0 ? {} : { bad }) };
}

/** Nodes with a bad way, told or not. */
export function countBad(survey: Survey, standings: Standings): number {
  return badPeers(survey, standings).length;
}

function badPeers({ troubled }: Survey, standings: Standings): ProbedPeer[] {
  return [...troubled.values()].filter((peer) => standingsOf(peer, standings).some(({ bad }) => bad !== undefined));
}

/** What the last agent of this node told: what was bad is so until it answers again, without another grace. */
export function recalledStandings(
  told: NodeNetworkStatusReachability | undefined,
  peers: readonly ProbedPeer[],
  nowMs: number,
): Map<string, WayStanding> {
  const standings = new Map<string, WayStanding>();
  for (const { node, family, reason, since } of told?.bad ?? []) {
    const way = peers.find((peer) => peer.node === node)?.ways.find((one) => family === (one.family === 4 ? "IPv4" : "IPv6"));
    const [problem, sinceMs] = [problems.find((one) => one === reason), Date.parse(since)];
    if (way === undefined || problem === undefined || !Number.isFinite(sinceMs)) continue;
    standings.set(wayKey(node, way), {
      to: destinationOf(way),
      firstMs: nowMs,
      hasAnswered: true,
      last: problem,
      sameInARow: roundsToTurn,
      lostInARow: roundsToTurn,
      bad: { reason: problem, sinceMs },
      round: 0,
    });
  }
  return standings;
}

const problems: readonly WayProblem[] = ["NoAnswer", "FullSizeLost", "NoRoute"];
