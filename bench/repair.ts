import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { bundleFiles, sparing, writeBundle } from "../tools/bundle.ts";
import type { NodeSubnetSpec } from "../crds/types.ts";
import { makeExec } from "../lib/linux/exec.ts";
import { type AgentLab, startAgentLab } from "../test/support/agent-lab.ts";
import { active, claimObject, ownSpec } from "../test/support/node-view.ts";
import { Problem } from "../tools/problem.ts";
import type { Bench } from "./bench.ts";
import { type Damage, damages, peers, subnets, tunnelled, tunnelledNode } from "./damages.ts";
import { type Figure, median } from "./figure.ts";

/** When what is damaged has not been repaired by then, it never will be. */
const patienceMs = 10_000;

const routing: NonNullable<NodeSubnetSpec["routing"]> = { mode: "VXLAN", tunnelTo: "AllPeers", port: 4789 };

/** What the agent of a node takes to put right what somebody else changed, as the kernel tells it: from the change until it is undone. */
export const repair: Bench = {
  title: "repairing what somebody else changed on a node",
  async run({ repairs, progress }) {
    const folder = await mkdtemp(join(tmpdir(), "podnet-bundle-"));
    await writeBundle(folder);
    const lab = await startAgentLab([...sparing.options, join(folder, bundleFiles.program)]);
    try {
      await progress.during(`a node with ${peers} peers, and ${tunnelled.length} behind a tunnel`, () => programmed(lab));
      const figures: Figure[] = [];
      for (const damage of damages(join(lab.node.directory, "etc-cni-net.d/10-podnet.conflist"))) {
        const count = Math.min(repairs, damage.most);
        const times = await progress.during(`${damage.what}, ${count} times`, () => timesOf(lab, damage, count));
        const what = (of: string) => `${damage.what}, ${count} times: ${of}`;
        figures.push(
          { what: what("repaired after, p50"), unit: "ms", values: [median(times)] },
          { what: what("repaired after, p99"), unit: "ms", values: [quantile(times, 0.99)], atMost: damage.limitMs },
          { what: what("repaired after, at most"), unit: "ms", values: [Math.max(...times)] },
        );
      }
      return figures;
    } finally {
      await lab.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** With the settings of production: nothing here is found by looking at a steady pace. */
async function programmed(lab: AgentLab): Promise<void> {
  for (let number = 1; number <= peers; number++) {
    const { metadata, spec } = claimObject(number, { nextHops: [`192.168.1.${number + 10}`] });
    await lab.putClaim(metadata, spec);
  }
  for (const number of tunnelled) {
    const addresses = [`192.168.1.${number + 10}`];
    const part = { node: tunnelledNode(number), nextHops: addresses, nodeAddresses: addresses, routing };
    const { metadata, spec } = claimObject(number, part);
    await lab.putClaim(metadata, spec);
  }
  for (const subnet of subnets) {
    const { metadata, spec } = claimObject(1, { cidr: `${subnet}.0/24` });
    await lab.putClaim(metadata, spec);
  }
  await lab.putSpec(
    ownSpec({ subnets: active("10.244.1.0/24", ...subnets.map((subnet) => `${subnet}.0/24`)), podRanges: ["10.244.0.0/15"] }),
  );
  await lab.start("agent", { ...sparing.env, PODNET_RESYNC_SECONDS: "3600", PODNET_LOG_LEVEL: "warn" });
  await lab.untilReady();
  for (const number of [peers, ...tunnelled.slice(-1)]) await lab.untilRoute(`10.244.${number}.0/24`, true);
  await delay(2_000);
}

/** Those who tell, as commands. */
function tellerOf({ teller }: Damage): readonly string[] {
  if (teller === "ip") return ["ip", "-o", "monitor", "route", "address", "link", "neigh"];
  if (teller === "nft") return ["nft", "monitor"];
  return [process.execPath, join(import.meta.dirname, "watch-files.ts"), ...teller];
}

async function timesOf({ node }: AgentLab, damage: Damage, count: number): Promise<number[]> {
  // The network alone: a command that is entered into more is the child of another one, which does not end it when it is ended itself.
  const exec = makeExec({ prefix: node.enterNetwork });
  const stop = new AbortController();
  const begun = Promise.withResolvers<void>();
  let hear: (line: string, atMs: number) => void = () => begun.resolve();
  const following = exec.follow(
    tellerOf(damage),
    { line: (line) => hear(line, performance.now()), complaint: () => undefined },
    stop.signal,
  );
  try {
    // What reads files says at once how they are; the others say nothing of themselves.
    await (typeof damage.teller === "string"
      ? delay(1_000)
      : Promise.race([begun.promise, inVain(`${damage.teller.join(", ")}: not read`)]));
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
      times.push(await Promise.race([repaired.promise, inVain(`${damage.what}: not repaired`)]));
      await delay(damage.restMs(number, count));
    }
    return times;
  } finally {
    stop.abort();
    await following;
  }
}

async function inVain(what: string): Promise<never> {
  await delay(patienceMs, undefined, { ref: false });
  throw new Problem(`${what} within ${patienceMs / 1000} s.`);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
