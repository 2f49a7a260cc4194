import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { NodeNetworkSpec } from "../../crds/types.ts";
import type { ClaimObject } from "../../node-agent/plan/claim.ts";
import type { AgentView } from "../../node-agent/plan/decide.ts";
import { provideBinaries } from "../../tools/binaries.ts";
import { quietProgress } from "../../tools/progress.ts";
import type { AgentAnswer, AgentOrder } from "./agent-inside.ts";
import type { Runtime } from "./cni.ts";
import { must, type Netns, type Span } from "./netns.ts";
import { cachingNode } from "../../tools/compile-cache.ts";

/** A node with an agent and a runtime: folders of its own, and a namespace. */
export interface AgentNode {
  /** e.g. `"node-1"` */
  readonly name: string;
  readonly netns: Netns;
  readonly confFolder: string;
  readonly pluginFolder: string;
  /** Stands for `/var/lib/cni`. */
  readonly cniStateFolder: string;
  readonly runtime: Runtime;
  /** Where its agents write down what they must not forget. */
  readonly journal: string;
  /** What any agent of it is told. */
  readonly order: Omit<AgentOrder, "stepMs" | "views">;
  /** Ends what writes to its folders, before they go. */
  endsBefore(end: () => Promise<unknown>): void;
  /** A fresh agent of the same boot that runs once for each view, a minute apart; what each run came to. */
  run(...views: AgentOrder["views"]): Promise<AgentAnswer[]>;
  /** The same, otherwise than a minute apart or in another boot. */
  runWith(part: Partial<Pick<AgentOrder, "stepMs" | "identity">>, ...views: AgentOrder["views"]): Promise<AgentAnswer[]>;
}

const inside = join(import.meta.dirname, "agent-inside.ts");

/** Gives a namespace the folders of a node. They go when the test ends. */
export async function agentNode(t: Span, name: string, netns: Netns): Promise<AgentNode> {
  const folder = await mkdtemp(join(tmpdir(), `podnet-t-${name}-`));
  const writers: (() => Promise<unknown>)[] = [];
  t.after(async () => {
    try {
      await Promise.all(writers.map((end) => end()));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
  const [confFolder, pluginFolder, cniStateFolder] = ["net.d", "bin", "cni"].map((part) => join(folder, part));
  assert.ok(confFolder !== undefined && pluginFolder !== undefined && cniStateFolder !== undefined);
  await mkdir(confFolder);
  const plugins = await provideBinaries(["cni-plugins"], quietProgress());
  const place = {
    procSys: "/proc/sys",
    confFolder,
    cniStateFolder,
    netnsFolder: "/run/netns",
    plugins: { source: dirname(plugins.bridge), target: pluginFolder },
  };
  const journal = join(folder, "podnet/journal.json");
  const identity = { machineID: `machine-of-${name}`, bootID: "boot-1" };
  const order = { node: name, place, identity, journal };
  const runWith: AgentNode["runWith"] = async (part, ...views) => {
    const whole: AgentOrder = { ...order, stepMs: 60_000, views, ...part };
    return JSON.parse(await must(netns.exec, [...cachingNode, inside], JSON.stringify(whole))) as AgentAnswer[];
  };
  const conflist = join(confFolder, "10-podnet.conflist");
  const runtime = { node: netns, pluginFolder, conflist, leaseFolder: join(cniStateFolder, "networks") };
  const run: AgentNode["run"] = (...views) => runWith({}, ...views);
  const endsBefore: AgentNode["endsBefore"] = (end) => void writers.push(end);
  return { name, netns, confFolder, pluginFolder, cniStateFolder, runtime, journal, order, endsBefore, runWith, run };
}

/** What an agent sees: its own spec, if any, and the claims. */
export function viewOf(spec: NodeNetworkSpec | undefined, claims: readonly ClaimObject[]): AgentView {
  const own = spec && {
    apiVersion: "podnet.dev/v1alpha1" as const,
    kind: "NodeNetwork" as const,
    metadata: { name: "own" },
    spec,
  };
  return { own, claims };
}

/** Fails unless a run had nothing to complain of. */
export function assertProgrammed(answer: AgentAnswer | undefined): void {
  assert.ok(answer?.report !== undefined, "there is something to report");
  assert.deepEqual([answer.faults, answer.unreadable], [[], []]);
  assert.deepEqual(
    answer.kinds.flatMap(({ errors, unseen }) => [
      ...errors.map(({ message }) => message),
      ...(unseen === undefined ? [] : [unseen]),
    ]),
    [],
  );
}

/** The steps of a run as text, e.g. `["add link cni0"]`. */
export function stepsOf(answer: AgentAnswer | undefined): string[] {
  return (answer?.kinds ?? []).flatMap(({ steps }) => steps.map(({ op, kind, key }) => `${op} ${kind} ${key}`));
}
