import type { NodeNetworkStatusReachability } from "../crds/types.ts";
import { askPeers, type AskPeersOptions } from "./ask-peers.ts";
import { nextRound, type Turn } from "./plan/probe-round.ts";
import { forgetOthers, surveyAfter, surveyOf, wayKey } from "./plan/probe-survey.ts";
import { roundOutcome, type WayStanding, standingAfter } from "./plan/probe-verdict.ts";
import { destinationOf, noProbing, type ProbedPeer, type Probing } from "./plan/probing.ts";
import { countBad, reachabilityOf, recalledStandings } from "./plan/reachability.ts";
import type { ProbeMetrics } from "./probe-metrics.ts";

export interface ProbeRoundsOptions extends Omit<AskPeersOptions, "mtu"> {
  /** Milliseconds since 1970, for the times in a status and nothing else. */
  readonly wallClock: () => number;
  readonly metrics: ProbeMetrics;
}

/** Asks round after round, and remembers what came of it. */
export interface ProbeRounds {
  /** Whom to ask from now on; the only look at all peers. `told`: what stands in the API; the first one with peers begins there. */
  plan(probing: Probing, told: NodeNetworkStatusReachability | undefined): void;
  /** One round; gives what there is to tell, undefined while nothing is known. */
  run(): Promise<NodeNetworkStatusReachability | undefined>;
}

/** Nobody asked yet. */
export function createProbeRounds(options: ProbeRoundsOptions): ProbeRounds {
  const { clock, wallClock, random, metrics } = options;
  let probing = noProbing;
  let standings: Map<string, WayStanding> | undefined;
  let survey = surveyOf([], new Map());
  let turn: Turn = { round: 1, next: 0 };

  const ask = async (peers: readonly ProbedPeer[], all: Map<string, WayStanding>) => {
    const before = surveyOf(peers, all);
    for (const { node, way, unanswered } of await askPeers(peers, { ...options, mtu: probing.mtu })) {
      if (way.isRouted) metrics.asked(way, unanswered);
      const [key, time] = [wayKey(node, way), { round: turn.round, nowMs: clock.now(), wallMs: wallClock() }];
      all.set(key, standingAfter(all.get(key), destinationOf(way), roundOutcome(way, unanswered), time));
    }
    survey = surveyAfter(survey, peers, before, surveyOf(peers, all));
  };

  return {
    plan(wanted, told) {
      const { peers } = (probing = wanted);
      // Agents that start together do not all begin with the same node.
      if (standings === undefined) turn = { round: 1, next: Math.floor(random() * peers.length) };
      if (standings !== undefined) standings = forgetOthers(standings, peers);
      else if (peers.length > 0) standings = recalledStandings(told, peers, clock.now());
      survey = surveyOf(peers, standings ?? new Map());
    },
    async run() {
      const { peers, gateways } = probing;
      const all = standings ?? new Map<string, WayStanding>();
      const { asked, turn: next } = nextRound({ peers, troubled: survey.troubled, standings: all, turn });
      await ask(asked, all);
      turn = next;
      metrics.bad(countBad(survey, all));
      return gateways.length === 0 ? undefined : reachabilityOf(peers.length, survey, all);
    },
  };
}
