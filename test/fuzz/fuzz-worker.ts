import { parentPort } from "node:worker_threads";
import { playShare, type Share } from "./play-fuzz.ts";
import { fuzzTargets } from "./targets.ts";

const targets = new Map(fuzzTargets().map((target) => [target.name, target]));

async function play(share: Share): Promise<void> {
  const target = targets.get(share.target);
  if (target === undefined) throw new Error(`there is no target ${share.target}`);
  const played = await playShare(target, share);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(played);
}

parentPort?.on("message", (share: Share) => void play(share));
