import { parentPort } from "node:worker_threads";
import { proofKinds } from "./allocation-proof.ts";
import { playSeeds, type Share } from "./play-proof.ts";

// Of what fails only messages are told, and errors of the API are everyday life there.
Error.stackTraceLimit = 0;

const kinds = proofKinds();
parentPort?.on("message", (share: Share) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  void playSeeds(share, kinds).then((played) => parentPort?.postMessage(played));
});
