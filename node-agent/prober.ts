import type { NodeNetworkStatusReachability } from "../crds/types.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { type LoopOptions, startLoop } from "../lib/reconcile/loop.ts";
import type { AgentMetrics } from "./metrics.ts";
import { createEcho } from "./echo.ts";
import { noProbing, type Probing } from "./plan/probing.ts";
import { createProbeMetrics } from "./probe-metrics.ts";
import { createProbeRounds } from "./probe-rounds.ts";

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
  readonly metrics: AgentMetrics;
  /** There is something else to tell than before. */
  readonly onChange: () => void;
  readonly onFailure: LoopOptions["onFailure"];
  readonly pace?: ProbePace;
  readonly signal: AbortSignal;
}

/** Finds out which other nodes' pods are reached from here, and answers those who ask the same. */
export interface Prober {
  /** Whom to probe from the next round on. `told`: what stands in the API; the first round with peers begins there. */
  follow(plan: () => Probing, told: NodeNetworkStatusReachability | undefined): void;
  /** What to tell; undefined: nothing is known yet. */
  reachability(): NodeNetworkStatusReachability | "NotProbed" | undefined;
  /** Resolves when the signal fired and nothing is asked or answered. */
  readonly stopped: Promise<void>;
}

/** A prober with a loop of its own, so that it never delays programming. */
export function startProber({ port, pace = usualPace, metrics, onChange, onFailure, ...options }: ProberOptions): Prober {
  const { clock, random, signal } = options;
  const rounds = createProbeRounds({ ...options, ...pace, port, metrics: createProbeMetrics(metrics) });
  const echo = createEcho(port);
  let wanted: { readonly plan: () => Probing; readonly told: NodeNetworkStatusReachability | undefined } | undefined;
  let probing = noProbing;
  let known: NodeNetworkStatusReachability | undefined;

  const run = async () => {
    if (wanted !== undefined) {
      probing = wanted.plan();
      rounds.plan(probing, wanted.told);
      wanted = undefined;
    }
    echo.follow(probing);
    const now = await rounds.run();
    const isNews = JSON.stringify(now) !== JSON.stringify(known);
    known = now;
    if (isNews) onChange();
    return undefined;
  };
  const [resyncMs, startDelayMs] = [pace.pauseMs, random() * pace.pauseMs];
  const loop = port > 0 && startLoop({ clock, random, signal, resyncMs, startDelayMs, run, onFailure });

  return {
    follow: (plan, told) => {
      wanted = { plan, told };
    },
    reachability: () => (port === 0 ? "NotProbed" : known),
    stopped: loop === false ? Promise.resolve() : loop.stopped.then(() => echo.close()),
  };
}
