import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { bundleFiles, sparing, writeBundle } from "../tools/bundle.ts";
import { type AgentLab, startAgentLab } from "../test/support/agent-lab.ts";
import { claimObject, ownSpec } from "../test/support/node-view.ts";
import { residentMebibytes } from "../lab/resident-memory.ts";
import { waitUntil } from "../lab/wait-until.ts";
import type { Bench } from "./bench.ts";
import type { Figure } from "./figure.ts";
import { countsSince, parseRequestCounts } from "./request-counts.ts";
import { followUsage } from "./usage.ts";

/** Claims that are written at a time. */
const parallel = 16;

/** What an agent may take with so many peers as are judged. */
const mostMebibytes = 100;
const judged = 5_000;

/** What an agent costs its node and the API server: memory by the number of peers, processor and requests at rest. */
export const agent: Bench = {
  title: "an agent at rest, by the number of peers: memory, processor, requests",
  async run({ programmed, steadySeconds, progress }) {
    const folder = await mkdtemp(join(tmpdir(), "podnet-bundle-"));
    await writeBundle(folder);
    const lab = await startAgentLab([...sparing.options, join(folder, bundleFiles.program)]);
    try {
      await lab.inNode("ip", "address", "add", "172.16.0.1/16", "dev", "eth0");
      const own = claimObject(1, { nextHops: ["192.168.1.11"], nodeAddresses: ["192.168.1.11"] });
      await lab.putClaim(own.metadata, own.spec);
      await lab.putSpec(ownSpec({ podRanges: ["10.0.0.0/8"] }));
      const figures: Figure[] = [];
      let known = 0;
      for (const count of programmed) {
        await progress.during(`${count} claims`, () => claims(lab, known, count));
        known = count;
        figures.push(...(await progress.during(`an agent with ${count} peers`, () => measured(lab, count, steadySeconds))));
      }
      return figures;
    } finally {
      await lab.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function claims(lab: AgentLab, from: number, to: number): Promise<void> {
  const rest = Array.from({ length: to - from }, (_, index) => from + index);
  const worker = async () => {
    for (let number = rest.pop(); number !== undefined; number = rest.pop()) {
      const hop = number + 2;
      const address = `172.16.${hop >> 8}.${hop & 255}`;
      const addresses = { nextHops: [address], nodeAddresses: [address] };
      const { metadata, spec } = claimObject(1, {
        node: `peer-${number}`,
        nodeUID: `uid-peer-${number}`,
        cidr: `10.${number >> 8}.${number & 255}.0/24`,
        ...addresses,
      });
      await lab.putClaim(metadata, spec);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

async function measured(lab: AgentLab, count: number, seconds: number): Promise<Figure[]> {
  const began = Date.now();
  const process = await lab.start(`agent-${count}`, {
    ...sparing.env,
    PODNET_RESYNC_SECONDS: "45",
    PODNET_HEARTBEAT_SECONDS: "60",
    PODNET_LOG_LEVEL: "info",
  });
  const usage = followUsage(process.pid);
  try {
    await waitUntil("all peers routed to", 120_000, async () => (await routes(lab)) === count || undefined);
    const startedMs = Date.now() - began;
    await delay(5_000);
    const [before, from] = [parseRequestCounts(await metricsOf(lab)), Date.now()];
    await delay(seconds * 1000);
    const to = Date.now();
    const requests = countsSince(before, parseRequestCounts(await metricsOf(lab)));
    const ofAgent = [...requests].filter(([name]) => / (nodenetworks|nodesubnets)(\/|$)/.test(name));
    const perHour = (3_600_000 / (to - from)) * ofAgent.reduce((sum, [, value]) => sum + value, 0);
    const figure = (what: string, unit: string, value: number, part: Partial<Figure> = {}): Figure => ({
      what: `${count} peers: ${what}`,
      unit,
      values: [value],
      ...part,
    });
    return [
      figure("from its start until all are routed to", "s", startedMs / 1000),
      figure("memory at rest", "MiB", residentMebibytes(process.pid) ?? 0, count === judged ? { atMost: mostMebibytes } : {}),
      figure("peak memory", "MiB", usage.peakMebibytes()),
      figure("processor at rest", "% of one", (100 * (usage.cpuSecondsAt(to) - usage.cpuSecondsAt(from))) / ((to - from) / 1000)),
      figure("requests an hour at rest", "", perHour, { remark: ofAgent.map(([name, value]) => `${name} ${value}`).join(", ") }),
    ];
  } finally {
    usage.stop();
    await process.stop();
  }
}

async function routes(lab: AgentLab): Promise<number> {
  const lines = (await lab.inNode("ip", "route", "show", "proto", "244")).split("\n");
  return lines.filter((line) => line !== "").length;
}

async function metricsOf(lab: AgentLab): Promise<string> {
  return lab.kubectl("get", "--raw", "/metrics");
}
