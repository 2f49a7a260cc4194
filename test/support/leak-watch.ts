import type { TestContext } from "node:test";
import { createLeakCollector, type LeakLook } from "../../node-agent/leak-collector.ts";
import { createPodSpaces, type PodSpaces } from "../leaks/pod-spaces.ts";
import { programmedNode } from "../leaks/programmed-node.ts";
import { type CuttableRuntime, createRuntime } from "../leaks/runtime.ts";
import type { AgentNode } from "./agent-node.ts";

/** A node with a runtime whose pods can vanish, and an agent that looks for what they leave behind. */
export interface LeakWatch {
  readonly node: AgentNode;
  readonly runtime: CuttableRuntime;
  readonly spaces: PodSpaces;
  /** What so many looks took back, each as long after the last as two have to be apart, and what the last one said that was wrong. */
  looks(count: number): Promise<{ readonly collected: readonly string[]; readonly problem: string | undefined }>;
  /** Lets an agent that has just started look from now on. */
  restart(): void;
  /** Makes a pod and gives its id. */
  addPod(): Promise<string>;
}

const apartMs = 60_000;

/** `netnsFolder`: where the agent looks for namespaces. */
export async function leakWatch(t: TestContext, netnsFolder = "/run/netns"): Promise<LeakWatch> {
  const { node } = await programmedNode(t);
  const ending = new AbortController();
  const spaces = createPodSpaces();
  t.after(async () => {
    ending.abort();
    await spaces.removeAll();
  });
  const runtime = await createRuntime(node.runtime, ending.signal);
  const { confFolder, cniStateFolder } = node;
  const place = { exec: node.netns.exec, confFolder, cniStateFolder, netnsFolder };
  let nowMs = 0;
  const begin = () => createLeakCollector({ place, apartMs, clock: { now: () => nowMs } });
  let collector = begin();
  return {
    node,
    runtime,
    spaces,
    async looks(count) {
      const all: LeakLook[] = [];
      for (let n = 0; n < count; n++) {
        nowMs += apartMs;
        all.push(await collector.look());
      }
      return { collected: all.flatMap(({ collected }) => collected).toSorted(), problem: all.at(-1)?.problem };
    },
    restart() {
      collector = begin();
    },
    async addPod() {
      const { id, path: netns } = await spaces.add();
      const { outcome, message } = await runtime.call({ command: "ADD", id, netns });
      if (outcome !== "done") throw new Error(`ADD of ${id}: ${outcome} ${message}`);
      return id;
    },
  };
}
