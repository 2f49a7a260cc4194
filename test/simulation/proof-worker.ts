import { parentPort } from "node:worker_threads";
import { playSeeds, type Share } from "./play-proof.ts";

parentPort?.on("message", (share: Share) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  void playSeeds(share).then((played) => parentPort?.postMessage(played));
});
