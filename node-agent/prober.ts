import type { NodeNetworkStatusReachability } from "../crds/types.ts";
import type { Metrics } from "../lib/daemon/metrics.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { type LoopOptions, startLoop } from "../lib/reconcile/loop.ts";
import { askPeers } from "./ask-peers.ts";
import { createEcho } from "./echo.ts";
import { nextRound, type Turn, wayKey } from "./plan/probe-round.ts";
import { roundOutcome, type Standing, standingAfter } from "./plan/probe-verdict.ts";
import { noProbing, type Probing } from "./plan/probing.ts";
import { countBad, forgetOthers, reachabilityOf, recalledStandings } from "./plan/reachability.ts";
import { createProbeMetrics } from "./probe-metrics.ts";

/** How long what takes, in milliseconds. */
export interface ProbePace {
  /** From the end of a round to the next one, on the average. */
  readonly pauseMs: number;
  /** The questions of a round begin within this. */
  readonly spreadMs: number;
  /** How long an answer is waited for. */
  readonly timeoutMs: number;
}

/** A round takes 1.5 s at most, and three of them turn a way: a wire that is cut is known within 16 s. */
const usualPace: ProbePace = { pauseMs: 3_000, spreadMs: 500, timeoutMs: 1_000 };

export interface ProberOptions {
  /** The UDP port of all agents; 0: nobody is asked, and nobody answered. */
  readonly port: number;
  readonly clock: Clock;
  /** Milliseconds since 1970, for the times in a status and nothing else. */
  readonly wallClock: () => number;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  readonly metrics: Metrics;
  /** There is something else to tell than before. */
  readonly onChange: () => void;
  readonly onFailure: LoopOptions["onFailure"];
  readonly pace?: ProbePace;
  readonly signal: AbortSignal;
}

/** Finds out which other nodes' pods are reached from here, and answers those who ask the same. */
export interface Prober {
  /** Whom to probe from now on. `told`: what stands in the API; the first call with peers begins there. */
  follow(probing: Probing, told: NodeNetworkStatusReachability | undefined): void;
  /** What to tell; undefined: nothing is known yet. */
  reachability(): NodeNetworkStatusReachability | "NotProbed" | undefined;
  /** Resolves when the signal fired and nothing is asked or answered. */
  readonly stopped: Promise<void>;
}

/** A prober with a loop of its own, so that it never delays programming. */
export function startProber(options: ProberOptions): Prober {
  const { port, clock, wallClock, random, signal, pace = usualPace } = options;
  const metrics = createProbeMetrics(options.metrics);
  const echo = createEcho(port);
  let probing = noProbing;
  let standings: ReadonlyMap<string, Standing> | undefined;
  let turn: Turn = { round: 1, next: 0 };
  let known: NodeNetworkStatusReachability | undefined;

  const run = async () => {
    const { gateways, peers, mtu } = probing;
    echo.follow(probing);
    const before = standings ?? new Map();
    const { asked, turn: next } = nextRound(peers, before, turn);
    const results = await askPeers(asked, { port, mtu, clock, random, signal, ...pace });
    if (signal.aborted) return undefined;
    const after = new Map(forgetOthers(before, peers));
    for (const { node, way, unanswered } of results) {
      if (way.isRouted) metrics.asked(way, unanswered);
      const time = { round: turn.round, nowMs: clock.now(), wallMs: wallClock() };
      after.set(wayKey(node, way), standingAfter(after.get(wayKey(node, way)), way, roundOutcome(way, unanswered), time));
    }
    if (peers.length > 0) [turn, standings] = [next, after];
    metrics.bad(countBad(peers, after));
    const now = gateways.length === 0 ? undefined : reachabilityOf(peers, after);
    const isNews = JSON.stringify(now) !== JSON.stringify(known);
    known = now;
    if (isNews) options.onChange();
    return undefined;
  };
  const [resyncMs, startDelayMs] = [pace.pauseMs, random() * pace.pauseMs];
  const loop = port > 0 && startLoop({ clock, random, signal, resyncMs, startDelayMs, run, onFailure: options.onFailure });

  return {
    follow(wanted, told) {
      probing = wanted;
      if (standings !== undefined || wanted.peers.length === 0) return;
      standings = recalledStandings(told, wanted.peers, clock.now());
      // Agents that start together do not all begin with the same node.
      turn = { round: 1, next: Math.floor(random() * wanted.peers.length) };
    },
    reachability: () => (port === 0 ? "NotProbed" : known),
    stopped: loop === false ? Promise.resolve() : loop.stopped.then(() => echo.close()),
  };
}
