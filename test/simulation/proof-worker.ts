import { parentPort } from "node:worker_threads";
import { playSeeds } from "./play-proof.ts";

/** A piece of work: so many seeds from one on. */
export interface Share {
  readonly seed: number;
  readonly count: number;
}

parentPort?.on("message", ({ seed, count }: Share) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  void playSeeds(seed, count).then((played) => parentPort?.postMessage(played));
});
