import { join } from "node:path";
import type { TestContext } from "node:test";
import type { NodeNetworkStatusReachability } from "../../crds/types.ts";
import type { AgentView } from "../../node-agent/plan/decide.ts";
import type { AgentNode } from "./agent-node.ts";
import type { ProberOrder } from "./prober-inside.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { cachingNode } from "../../tools/compile-cache.ts";

/** A node whose agent goes on probing. */
export interface ProbingNode {
  /** All that it told so far. */
  readonly told: readonly NodeNetworkStatusReachability[];
  /** Waits until it tells of exactly these ways, e.g. `["node-2 IPv4 NoAnswer"]`. */
  untilBad(...ways: readonly string[]): Promise<void>;
  /** Waits until it knows so many others, all of which are reached. */
  untilReaches(peers: number): Promise<void>;
  stop(): Promise<void>;
}

const inside = join(import.meta.dirname, "prober-inside.ts");

/** A verdict takes three rounds, and a machine may have much else to do. */
const deadlineMs = 60_000;

/** The port of every test's agents. */
export const probePort = 9445;

/** Starts the agent of a node: it programs the node once and then probes. It ends with the test. */
export async function startProbing(t: TestContext, node: AgentNode, view: AgentView): Promise<ProbingNode> {
  const ending = new AbortController();
  const told: NodeNetworkStatusReachability[] = [];
  const order: ProberOrder = { ...node.order, view, port: probePort };
  const listener = {
    line: (text: string) => void told.push(JSON.parse(text) as NodeNetworkStatusReachability),
    complaint: (text: string) => t.diagnostic(`${node.name}: ${text}`),
  };
  const ended = node.netns.exec.follow([...cachingNode, inside, JSON.stringify(order)], listener, ending.signal);
  const stop = async () => {
    ending.abort();
    await ended;
  };
  t.after(stop);
  const now = () => told.at(-1);
  const until = async (what: string, holds: () => boolean) => {
    await waitUntil(what, deadlineMs, () => holds() || undefined);
  };
  const bad = () => (now()?.bad ?? []).map(({ node: name, family, reason }) => `${name} ${family} ${reason}`);
  return {
    told,
    stop,
    untilBad: (...ways) => until(`${node.name} to tell of ${ways.join(", ")}`, () => bad().join() === ways.join()),
    untilReaches: (peers) => until(`${node.name} to reach ${peers} others`, () => now()?.probed === peers && bad().length === 0),
  };
}
