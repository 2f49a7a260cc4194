import { setTimeout as delay } from "node:timers/promises";
import { makeExec } from "../lib/linux/exec.ts";
import { type AgentLab, startAgentLab } from "../test/support/agent-lab.ts";
import { active, claimObject, ownSpec } from "../test/support/node-view.ts";
import { Problem } from "../tools/problem.ts";
import type { Bench } from "./bench.ts";
import { type Figure, median } from "./figure.ts";

/** After one repair, until the next damage. */
const restMs = 300;

/** When what is damaged has not been repaired by then, it never will be. */
const patienceMs = 10_000;

/** Peers that the node routes to; all are on its link. */
const peers = 200;

/** What somebody does, and the lines of `ip monitor` that tell of it and of its repair. */
interface Damage {
  readonly what: string;
  /** Of so many repairs of routes, how many of this. */
  readonly share: number;
  argv(number: number): string[];
  isDone(line: string, number: number): boolean;
  isRepaired(line: string, number: number): boolean;
}

const peerOf = (number: number) => (number % (peers - 1)) + 2;
const isAddress = (line: string) => line.includes("cni0") && line.includes("inet 10.244.1.1/24");
const damages: readonly Damage[] = [
  {
    what: "a route deleted",
    share: 1,
    argv: (number) => ["ip", "route", "delete", `10.244.${peerOf(number)}.0/24`],
    isDone: (line, number) => line.startsWith(`Deleted 10.244.${peerOf(number)}.0/24 `),
    isRepaired: (line, number) => line.startsWith(`10.244.${peerOf(number)}.0/24 `),
  },
  {
    what: "a gateway's address deleted",
    share: 0.2,
    argv: () => ["ip", "address", "delete", "10.244.1.1/24", "dev", "cni0"],
    isDone: (line) => line.startsWith("Deleted ") && isAddress(line),
    isRepaired: (line) => !line.startsWith("Deleted ") && isAddress(line),
  },
  {
    what: "the bridge set down",
    share: 0.2,
    argv: () => ["ip", "link", "set", "cni0", "down"],
    isDone: (line) => /: cni0: <(?!.*\bUP\b)/.test(line),
    isRepaired: (line) => /: cni0: <.*\bUP\b/.test(line),
  },
];

/** What the agent of a node takes to put right what somebody else changed, as the kernel tells it: from the change until it is undone. */
export const repair: Bench = {
  title: "repairing what somebody else changed on a node",
  async run({ repairs, progress }) {
    const lab = await startAgentLab();
    try {
      await progress.during(`a node with ${peers} peers`, () => programmed(lab));
      const figures: Figure[] = [];
      for (const damage of damages) {
        const count = Math.max(1, Math.round(repairs * damage.share));
        const times = await progress.during(`${damage.what}, ${count} times`, () => timesOf(lab, damage, count));
        const what = (of: string) => `${damage.what}, ${count} times: ${of}`;
        figures.push(
          { what: what("repaired after, p50"), unit: "ms", values: [median(times)] },
          { what: what("repaired after, p99"), unit: "ms", values: [quantile(times, 0.99)], atMost: 50 },
          { what: what("repaired after, at most"), unit: "ms", values: [Math.max(...times)] },
        );
      }
      return figures;
    } finally {
      await lab.stop();
    }
  },
};

/** With the settings of production: nothing here is found by looking at a steady pace. */
async function programmed(lab: AgentLab): Promise<void> {
  for (let number = 1; number <= peers; number++) {
    const { metadata, spec } = claimObject(number, { nextHops: [`192.168.1.${number + 10}`] });
    await lab.putClaim(metadata, spec);
  }
  await lab.putSpec(ownSpec({ subnets: active("10.244.1.0/24") }));
  await lab.start("agent", { PODNET_RESYNC_SECONDS: "3600", PODNET_LOG_LEVEL: "warn" });
  await lab.untilReady();
  await lab.untilRoute(`10.244.${peers}.0/24`, true);
  await delay(2_000);
}

async function timesOf({ node }: AgentLab, damage: Damage, count: number): Promise<number[]> {
  const exec = makeExec({ prefix: networkOnly(node.enter) });
  const stop = new AbortController();
  let hear: (line: string, atMs: number) => void = () => undefined;
  const following = exec.follow(
    ["ip", "-o", "monitor", "route", "address", "link"],
    { line: (line) => hear(line, performance.now()), complaint: () => undefined },
    stop.signal,
  );
  try {
    await delay(500);
    const times: number[] = [];
    for (let number = 0; number < count; number++) {
      const repaired = Promise.withResolvers<number>();
      let doneMs: number | undefined;
      hear = (line, atMs) => {
        if (doneMs === undefined) doneMs = damage.isDone(line, number) ? atMs : undefined;
        else if (damage.isRepaired(line, number)) repaired.resolve(atMs - doneMs);
      };
      const { status, stderr } = await exec.run(damage.argv(number));
      if (status !== 0) throw new Problem(`${damage.argv(number).join(" ")} failed: ${stderr}`);
      times.push(await Promise.race([repaired.promise, inVain(damage.what)]));
      await delay(restMs);
    }
    return times;
  } finally {
    stop.abort();
    await following;
  }
}

/** Enters the network namespace alone: a command that is entered into more is the child of another one, which does not end it when it is ended itself. */
function networkOnly(enter: readonly string[]): string[] {
  return ["nsenter", ...enter.filter((word) => word.startsWith("--net="))];
}

async function inVain(what: string): Promise<never> {
  await delay(patienceMs, undefined, { ref: false });
  throw new Problem(`${what}: not repaired within ${patienceMs / 1000} s.`);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
