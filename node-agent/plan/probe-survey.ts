import { isDoubtful, type WayStanding } from "./probe-verdict.ts";
import type { ProbedPeer, Way } from "./probing.ts";

/** Key of a way → what is known of it. */
export type Standings = ReadonlyMap<string, WayStanding>;

/** What a round has to know of all peers, kept so that no round looks at all of them. */
export interface Survey {
  /** Peers of which every way is known, to be bad or not. */
  readonly known: number;
  /** By name: peers with a way that is bad or in doubt. */
  readonly troubled: ReadonlyMap<string, ProbedPeer>;
}

/** Key of a way of a peer, e.g. `"node-2 4"`. */
export function wayKey(node: string, { family }: Pick<Way, "family">): string {
  return `${node} ${family}`;
}

/** What is known of the ways of a peer, of those of which anything is. */
export function standingsOf({ node, ways }: ProbedPeer, standings: Standings): WayStanding[] {
  return ways.map((way) => standings.get(wayKey(node, way))).filter((standing) => standing !== undefined);
}

/** The survey of these peers. */
export function surveyOf(peers: readonly ProbedPeer[], standings: Standings): Survey {
  const seen = peers.map((peer) => ({ peer, ways: standingsOf(peer, standings) }));
  const troubled = seen.filter(({ ways }) => ways.some((way) => way.bad !== undefined || isDoubtful(way)));
  return {
    known: seen.filter(({ peer, ways }) => ways.filter(isKnown).length === peer.ways.length).length,
    troubled: new Map(troubled.map(({ peer }) => [peer.node, peer])),
  };
}

/** The survey of all after a round, from the one before and those of the peers that were asked, before and after. */
export function surveyAfter(all: Survey, asked: readonly ProbedPeer[], before: Survey, after: Survey): Survey {
  const names = new Set(asked.map(({ node }) => node));
  const others = [...all.troubled].filter(([node]) => !names.has(node));
  return { known: all.known - before.known + after.known, troubled: new Map([...others, ...after.troubled]) };
}

/** What is known, of these peers alone. */
export function forgetOthers(standings: Standings, peers: readonly ProbedPeer[]): Map<string, WayStanding> {
  const keys = new Set(peers.flatMap(({ node, ways }) => ways.map((way) => wayKey(node, way))));
  return new Map([...standings].filter(([key]) => keys.has(key)));
}

/** Whether it is told of at all. */
export function isKnown({ hasAnswered, bad }: WayStanding): boolean {
  return hasAnswered || bad !== undefined;
}
