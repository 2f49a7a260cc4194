import { setTimeout as delay } from "node:timers/promises";
import { createLeakCollector, type LeakCollector } from "../../node-agent/leak-collector.ts";
import type { AgentView } from "../../node-agent/plan/decide.ts";
import type { Chance } from "../simulation/chance.ts";
import type { AgentNode } from "../support/agent-node.ts";
import { must } from "../support/netns.ts";
import { type Fortune, fortuneFrom } from "./cut.ts";
import { leasesOf } from "./lease-owners.ts";
import { createPodSpaces, type PodSpaces } from "./pod-spaces.ts";
import { createRuntime, type CuttableRuntime } from "./runtime.ts";
import { createTruth, type PlayedPod, type Truth } from "./truth.ts";

export interface LeakPlayOptions {
  /** Programmed already. */
  readonly node: AgentNode;
  /** What its agent is told, before the reboot and after it. */
  readonly view: AgentView;
  readonly chance: Chance;
  /** So many calls are cut short; the machine boots anew after half of them. */
  readonly kills: number;
  /** Pods made and deleted at once. */
  readonly atOnce: number;
  /** Between the looks that take an address back. */
  readonly apartMs: number;
  readonly onProgress?: (figures: LeakFigures) => void;
  /** Ends it early, with the reason of the signal. */
  readonly signal?: AbortSignal;
}

/** What a play came to. */
export interface LeakFigures {
  kills: number;
  adds: number;
  dels: number;
  /** Pods that could not be made since no address was left. */
  refused: number;
  looks: number;
  /** Addresses that the agent took back. */
  collected: number;
  /** Leases of nobody at the end. */
  leaked: readonly string[];
  /** An address of two pods, one taken from a pod that has it, a pod that could not be deleted. */
  violations: readonly string[];
}

/** More pods never work at once. */
const mostPods = 12;

/** A play in progress. */
interface Play {
  readonly options: LeakPlayOptions;
  readonly runtime: CuttableRuntime;
  readonly truth: Truth;
  readonly spaces: PodSpaces;
  readonly figures: LeakFigures;
  /** Fires with the reason when a look failed, or the play is to end early: nothing is begun any more. */
  readonly failing: AbortController;
  /** Pods that the runtime has forgotten, whose namespaces are still there. */
  readonly forgotten: PlayedPod[];
}

/** Makes and deletes pods on a node whose runtime and plugins are killed all the time, while an agent looks for leaks; then waits until it has found all. */
export async function playLeaks(options: LeakPlayOptions): Promise<LeakFigures> {
  const { node, kills } = options;
  const ending = new AbortController();
  const figures: LeakFigures = { kills: 0, adds: 0, dels: 0, refused: 0, looks: 0, collected: 0, leaked: [], violations: [] };
  const play: Play = {
    options,
    figures,
    truth: createTruth(),
    spaces: createPodSpaces(),
    runtime: await createRuntime(node.runtime, ending.signal),
    failing: new AbortController(),
    forgotten: [],
  };
  options.signal?.addEventListener("abort", () => play.failing.abort(options.signal?.reason));
  try {
    await underLooks(play, () => makeAndDelete(play, Math.floor(kills / 2)));
    await reboot(play);
    await underLooks(play, async () => {
      await makeAndDelete(play, kills);
      await play.runtime.settled();
      await Promise.all(play.forgotten.splice(0).map((pod) => vanish(play, pod)));
      await allFound(play);
    });
    await checkLiving(play);
    return { ...figures, violations: play.truth.violations };
  } finally {
    ending.abort();
    await play.runtime.settled();
    await play.spaces.removeAll();
  }
}

/** A fresh agent looks again and again while something is done. */
async function underLooks({ options, truth, figures, failing }: Play, act: () => Promise<void>): Promise<void> {
  const { node, apartMs } = options;
  const place = {
    exec: node.netns.exec,
    confFolder: node.confFolder,
    cniStateFolder: node.cniStateFolder,
    netnsFolder: "/run/netns",
  };
  const collector = createLeakCollector({ place, apartMs, clock: { now: () => performance.now() } });
  const ending = new AbortController();
  const looking = lookOn(collector, apartMs / 4, ending.signal, (collected) => {
    figures.looks += 1;
    figures.collected += collected.length;
    for (const address of collected) {
      const holder = truth.holder(address);
      if (holder !== undefined) truth.violated(`${address} was taken back from ${holder}, which has it`);
    }
  });
  looking.catch((error: unknown) => failing.abort(error));
  try {
    await act();
  } finally {
    ending.abort();
    await looking;
  }
}

async function lookOn(
  collector: LeakCollector,
  everyMs: number,
  signal: AbortSignal,
  note: (collected: readonly string[]) => void,
): Promise<void> {
  while (!signal.aborted) {
    const { collected, problem } = await collector.look();
    // A plugin that was stopped may have the lock; it is tried again.
    if (problem !== undefined && !problem.includes("has held the lock")) throw new Error(problem);
    note(collected);
    await delay(everyMs);
  }
}

/** Until so many calls in all were cut short. */
async function makeAndDelete(play: Play, kills: number): Promise<void> {
  const { options, figures, failing } = play;
  const worker = async () => {
    while (figures.kills < kills) {
      failing.signal.throwIfAborted();
      await playOne(play, fortuneFrom(options.chance));
      options.onProgress?.(figures);
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: options.atOnce }, worker));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

async function playOne(play: Play, fortune: Fortune): Promise<void> {
  const { truth, forgotten } = play;
  if (forgotten.length > 3) await vanish(play, forgotten.shift());
  const pods = [...truth.living.values()];
  const isAdd = pods.length < mostPods && (fortune.command === "ADD" || pods.length === 0);
  if (isAdd) return make(play, fortune);
  const pod = pods[Math.floor(fortune.choice * pods.length)];
  if (pod !== undefined) await unmake(play, pod, fortune);
}

async function make(play: Play, fortune: Fortune): Promise<void> {
  const { runtime, truth, figures, options } = play;
  const { id, path: netns } = await play.spaces.add();
  const { outcome, addresses, message } = await runtime.call({ ...fortune, command: "ADD", id, netns });
  const pod = { id, netns, addresses };
  if (outcome === "done") {
    figures.adds += 1;
    truth.works(pod);
    const owners = await leasesOf(options.node.cniStateFolder);
    for (const address of addresses)
      if (owners.get(address) !== id) truth.violated(`${address} was taken from ${id} while that was made`);
    return;
  }
  if (outcome === "refused") {
    if (!message.includes("no IP addresses available")) truth.violated(`${id} could not be made: ${message}`);
    figures.refused += 1;
    return deleteForGood(play, pod);
  }
  figures.kills += 1;
  truth.stands(pod);
  await meet(play, pod, fortune);
}

async function unmake(play: Play, pod: PlayedPod, fortune: Fortune): Promise<void> {
  const { runtime, truth, figures } = play;
  truth.ends(pod.id);
  const { outcome, message } = await runtime.call({ ...fortune, command: "DEL", id: pod.id, netns: pod.netns });
  if (outcome === "refused") truth.violated(`${pod.id} could not be deleted: ${message}`);
  if (outcome === "cut") {
    figures.kills += 1;
    return meet(play, pod, fortune);
  }
  figures.dels += 1;
  await vanish(play, pod);
}

/** What becomes of a pod whose call was cut short. */
async function meet(play: Play, pod: PlayedPod, { fate }: Fortune): Promise<void> {
  if (fate === "deletes") return deleteForGood(play, pod);
  if (fate === "forgets later") play.forgotten.push(pod);
  else await vanish(play, pod);
}

async function deleteForGood(play: Play, { id, netns }: PlayedPod): Promise<void> {
  // What was left to itself may be about to make what is to be deleted, and a runtime tries again until nothing is refused.
  await play.runtime.settled();
  const { outcome, message } = await play.runtime.call({ command: "DEL", id, netns });
  if (outcome !== "done") play.truth.violated(`${id} could not be deleted: ${message}`);
  await vanish(play, { id, netns, addresses: [] });
}

/** The namespace goes. What it has until then nobody else may have. */
async function vanish({ spaces, truth }: Play, pod: PlayedPod | undefined): Promise<void> {
  if (pod === undefined) return;
  for (const address of await spaces.addressesIn(pod.id)) {
    const holder = truth.holder(address);
    if (holder !== undefined && holder !== pod.id) truth.violated(`${holder} has ${address}, which ${pod.id} has still`);
  }
  truth.goes(pod.id);
  await spaces.remove(pod.id);
}

/** All pods die, the kernel forgets everything, and another agent begins. The runtime knows half of the pods still. */
async function reboot(play: Play): Promise<void> {
  const { options, runtime, truth, spaces } = play;
  const { node, view } = options;
  await runtime.settled();
  const pods = [...truth.living.values(), ...play.forgotten.splice(0)];
  for (const { id } of pods) truth.ends(id);
  await spaces.removeAll();
  await must(node.netns.exec, ["ip", "link", "delete", "cni0"]);
  await must(node.netns.exec, ["ip", "nexthop", "flush", "proto", "244"]);
  await must(node.netns.exec, ["nft", "delete", "table", "inet", "podnet"]);
  const identity = { machineID: `machine-of-${node.name}`, bootID: "boot-2" };
  await node.runWith({ identity }, null, view);
  for (const { id, netns } of pods.filter((_, n) => n % 2 === 0)) {
    const { outcome, message } = await runtime.call({ command: "DEL", id, netns });
    if (outcome !== "done") truth.violated(`${id} of before the reboot could not be deleted: ${message}`);
  }
}

/** Waits until every lease is one of a pod that works. */
async function allFound({ options, truth, figures, failing }: Play): Promise<void> {
  const deadline = performance.now() + 20_000 + 10 * options.apartMs;
  const strangers = async () =>
    [...(await leasesOf(options.node.cniStateFolder))]
      .filter(([, id]) => !truth.living.has(id))
      .map(([address, id]) => `${address} of ${id}`);
  do {
    failing.signal.throwIfAborted();
    figures.leaked = await strangers();
    await delay(20);
  } while (figures.leaked.length > 0 && performance.now() < deadline);
}

/** Whoever works has its addresses, in the files and in its namespace. */
async function checkLiving({ options, truth, spaces }: Play): Promise<void> {
  const owners = await leasesOf(options.node.cniStateFolder);
  for (const { id, addresses } of truth.living.values()) {
    const inside = await spaces.addressesIn(id);
    for (const address of addresses) {
      if (owners.get(address) !== id) truth.violated(`${id} has lost the lease of ${address}`);
      if (!inside.includes(address)) truth.violated(`${id} has lost ${address}`);
    }
  }
}
