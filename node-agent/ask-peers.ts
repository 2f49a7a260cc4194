import type { Clock } from "../lib/reconcile/clock.ts";
import { type AskOptions, askWay } from "./ask.ts";
import type { Size } from "./plan/probe-message.ts";
import type { ProbedPeer, Way } from "./plan/probing.ts";

export interface AskPeersOptions extends AskOptions {
  readonly clock: Clock;
  /** The questions begin within this. */
  readonly spreadMs: number;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** One way, and what was not answered there; nothing was sent where there is no route. */
export interface AskedWay {
  readonly node: string;
  readonly way: Way;
  readonly unanswered: readonly Size[];
}

/** Asks over every way of these peers, each at a moment of its own. Left out is what could not be asked, and everything that was still open when the signal fired. */
export async function askPeers(peers: readonly ProbedPeer[], options: AskPeersOptions): Promise<AskedWay[]> {
  const { clock, random, spreadMs, signal } = options;
  const stops = new Set<() => void>();
  const stop = () => stops.forEach((one) => one());
  const ask = async (node: string, way: Way): Promise<AskedWay[]> => {
    if (!way.isRouted) return [{ node, way, unanswered: [] }];
    await pause(clock, random() * spreadMs, stops);
    if (signal.aborted) return [];
    const asking = askWay(way, options);
    stops.add(() => asking.stop());
    const unanswered = await asking.unanswered;
    return unanswered === undefined ? [] : [{ node, way, unanswered }];
  };
  signal.addEventListener("abort", stop, { once: true });
  const asked = await Promise.all(peers.flatMap(({ node, ways }) => ways.map((way) => ask(node, way))));
  signal.removeEventListener("abort", stop);
  return asked.flat();
}

async function pause(clock: Clock, ms: number, stops: Set<() => void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  stops.add(() => {
    cancel();
    resolve();
  });
  await promise;
}
