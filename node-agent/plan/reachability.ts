import { renderTime } from "../../crds/conditions.ts";
import type { NodeNetworkStatusReachability, NodeNetworkStatusReachabilityBad } from "../../crds/types.ts";
import { type Standings, wayKey } from "./probe-round.ts";
import { roundsToTurn, type Standing, type WayProblem } from "./probe-verdict.ts";
import type { ProbedPeer } from "./probing.ts";

/** Bad nodes that a status names. */
const mostNamed = 16;

/** What a node tells of its probes; the same as long as no way turns bad or good and no further peer is known. Undefined while nothing is known of any peer. */
export function reachabilityOf(peers: readonly ProbedPeer[], standings: Standings): NodeNetworkStatusReachability | undefined {
  const known = peers.map(({ node, ways }) => ({
    node,
    ways: ways.flatMap((way) => {
      const standing = standings.get(wayKey(node, way));
      return standing === undefined || !isKnown(standing) ? [] : [{ way, standing }];
    }),
  }));
  const probed = known.filter(({ ways }, at) => ways.length === peers[at]?.ways.length).length;
  if (probed === 0 && peers.length > 0) return undefined;
  const bad = known.filter(({ ways }) => ways.some(({ standing }) => standing.bad !== undefined)).slice(0, mostNamed);
  const entries = bad.flatMap(({ node, ways }) =>
    ways.flatMap(({ way, standing }): NodeNetworkStatusReachabilityBad[] => {
      if (standing.bad === undefined) return [];
      const { reason, sinceMs } = standing.bad;
      return [{ node, family: way.family === 4 ? "IPv4" : "IPv6", reason, since: renderTime(sinceMs) }];
    }),
  );
  return { probed, ...(entries.length === 0 ? {} : { bad: entries }) };
}

/** Nodes with a bad way, told or not. */
export function countBad(peers: readonly ProbedPeer[], standings: Standings): number {
  return peers.filter(({ node, ways }) => ways.some((way) => standings.get(wayKey(node, way))?.bad !== undefined)).length;
}

/** What the last agent of this node told: what was bad is so until it answers again, without another grace. */
export function recalledStandings(
  told: NodeNetworkStatusReachability | undefined,
  peers: readonly ProbedPeer[],
  nowMs: number,
): Map<string, Standing> {
  const standings = new Map<string, Standing>();
  for (const { node, family, reason, since } of told?.bad ?? []) {
    const way = peers.find((peer) => peer.node === node)?.ways.find((one) => family === (one.family === 4 ? "IPv4" : "IPv6"));
    const [problem, sinceMs] = [problems.find((one) => one === reason), Date.parse(since)];
    if (way === undefined || problem === undefined || !Number.isFinite(sinceMs)) continue;
    const bad = { reason: problem, sinceMs };
    standings.set(wayKey(node, way), {
      to: way.to,
      firstMs: nowMs,
      hasAnswered: true,
      last: problem,
      sameInARow: roundsToTurn,
      lostInARow: roundsToTurn,
      bad,
      round: 0,
    });
  }
  return standings;
}

/** What is known, of these peers alone. */
export function forgetOthers(standings: Standings, peers: readonly ProbedPeer[]): Standings {
  const keys = new Set(peers.flatMap(({ node, ways }) => ways.map((way) => wayKey(node, way))));
  return new Map([...standings].filter(([key]) => keys.has(key)));
}

const problems: readonly WayProblem[] = ["NoAnswer", "FullSizeLost", "NoRoute"];

function isKnown({ hasAnswered, bad }: Standing): boolean {
  return hasAnswered || bad !== undefined;
}
