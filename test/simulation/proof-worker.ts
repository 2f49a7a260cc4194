import { parentPort } from "node:worker_threads";
import { playSeeds } from "./play-proof.ts";

/** A piece of work: so many seeds from one on. */
export interface Share {
  readonly seed: number;
  readonly count: number;
  /** Names of moves that are not made. */
  readonly without: readonly string[];
}

parentPort?.on("message", ({ seed, count, without }: Share) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  void playSeeds(seed, count, without).then((played) => parentPort?.postMessage(played));
});
