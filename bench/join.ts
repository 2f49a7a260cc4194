import type { LabProcess } from "../lab/host.ts";
import { type Bench, type BenchInput, parallel } from "./bench.ts";
import { acrossRounds, type Figure, median } from "./figure.ts";
import { rangeFor } from "./sample.ts";
import { type Site, startSite } from "./site.ts";
import type { JoinInput, JoinOutput } from "./task/join-nodes.ts";
import { followUsage } from "./usage.ts";

const tuned = ["--kube-api-qps=5000", "--kube-api-burst=10000"];
const shippedLeast = 500;
const deadlineMs = 600_000;

/** Many new nodes at once: podnet beside NodeIPAM and beside creating objects, all on one API server. */
export const join: Bench = {
  title: "new nodes, all at once, on an empty cluster",
  async run(input) {
    const rounds: Figure[][] = [];
    for (let round = 1; round <= input.rounds; round++) {
      const site = await startSite({ ...input, name: input.labName });
      try {
        rounds.push(await oneRound(site, input, round === 1));
      } finally {
        await site.stop();
      }
    }
    return withRatios(acrossRounds(rounds), rounds);
  },
};

/** NodeIPAM as shipped takes long and varies little: once is enough. */
async function oneRound(site: Site, input: BenchInput, isFirst: boolean): Promise<Figure[]> {
  const { nodes: count, progress } = input;
  const figures: Figure[] = [];
  for (const kind of ["ConfigMap", "NodeSubnet", "Node"] as const) {
    const { seconds } = await progress.during(`creating ${count} ${kind}s`, () =>
      site.inside("plainCreates", { kind, count, parallel }),
    );
    figures.push(figure(`plain creates: ${kind}s`, count / seconds, "/s"));
    await site.inside("clear", { parallel });
  }
  figures.push(...(await progress.during(`NodeIPAM, tuned: ${count} nodes`, () => nodeIPAM(site, count, count, tuned))));
  figures.push(...(await progress.during(`podnet: ${count} nodes`, () => podnet(site, count))));
  if (!isFirst) return figures;
  const until = input.whole ? count : Math.min(count, shippedLeast);
  return [...figures, ...(await progress.during("NodeIPAM as shipped", () => nodeIPAM(site, count, until, [])))];
}

async function nodeIPAM(site: Site, count: number, until: number, extra: readonly string[]): Promise<Figure[]> {
  const started = await site.startNodeIPAM(rangeFor(count), extra);
  const { out, cpu, mebibytes } = await measured(site, started, { by: "NodeIPAM", count, until, parallel, deadlineMs });
  await started.stop();
  await site.inside("clear", { parallel });
  const last = (out.stages["podCIDRs"]?.last ?? Number.NaN) / 1000;
  const name = extra.length > 0 ? "NodeIPAM, tuned" : "NodeIPAM as shipped";
  if (until < count)
    return [
      figure(`${name}: the first ${until} podCIDRs`, last, "s"),
      figure(`${name}: steady rate`, out.steadyRate, "nodes/s"),
      {
        ...figure(`${name}: all podCIDRs`, last + (count - until) / out.steadyRate, "s"),
        remark: "from its steady rate, not waited for",
      },
    ];
  return [
    figure(`${name}: all podCIDRs`, last, "s"),
    figure(`${name}: processor`, cpu, "s"),
    figure(`${name}: peak memory`, mebibytes, "MiB"),
  ];
}

async function podnet(site: Site, count: number): Promise<Figure[]> {
  const operator = await site.startOperator();
  await site.inside("createNetwork", { count });
  const before = await operator.passes();
  const { out, cpu, mebibytes } = await measured(site, operator.process, {
    by: "podnet",
    count,
    until: count,
    parallel,
    deadlineMs,
  });
  const passes = (await operator.passes()) - before;
  await operator.process.stop();
  await site.inside("clear", { parallel });
  const { "claims Active": claims, NodeNetworks: records, "Node conditions": conditions } = out.stages;
  return [
    figure("podnet: the last Node created", out.nodesCreated.last / 1000, "s"),
    figure("podnet: the first claim Active", (claims?.first ?? Number.NaN) / 1000, "s"),
    { ...figure("podnet: all claims Active", (claims?.last ?? Number.NaN) / 1000, "s"), atMost: 15 },
    figure("podnet: all NodeNetworks", (records?.last ?? Number.NaN) / 1000, "s"),
    figure("podnet: all Node conditions", (conditions?.last ?? Number.NaN) / 1000, "s"),
    figure("podnet: writes per node", out.writes / count - 1, ""),
    figure("podnet: passes", passes, ""),
    figure("podnet: operator, processor", cpu, "s"),
    figure("podnet: operator, peak memory", mebibytes, "MiB"),
  ];
}

/** A contender at work: how it went, and what it cost it until its last stage was done. */
async function measured(
  site: Site,
  contender: LabProcess,
  input: JoinInput,
): Promise<{ readonly out: JoinOutput; readonly cpu: number; readonly mebibytes: number }> {
  const usage = followUsage(contender.pid);
  try {
    const out = await site.inside("joinNodes", input);
    const doneMs = out.beganAtMs + Math.max(...Object.values(out.stages).map(({ last }) => last));
    const cpu = usage.cpuSecondsAt(doneMs) - usage.cpuSecondsAt(out.beganAtMs);
    return { out, cpu, mebibytes: usage.peakMebibytes() };
  } finally {
    usage.stop();
  }
}

/** The ratios are taken within each round, since the machine's speed may change between two. */
function withRatios(figures: readonly Figure[], rounds: readonly (readonly Figure[])[]): Figure[] {
  const ratio = (above: string, below: string): number[] => rounds.map((round) => valueOf(round, above) / valueOf(round, below));
  const whole = "podnet: all claims Active";
  const shipped = figures.find(({ what }) => what === "NodeIPAM as shipped: all podCIDRs");
  const own = figures.find(({ what }) => what === whole);
  return [
    ...figures,
    { what: "podnet / NodeIPAM, tuned", unit: "×", values: ratio(whole, "NodeIPAM, tuned: all podCIDRs"), atMost: 2 },
    { what: "NodeIPAM as shipped / podnet", unit: "×", values: [median(shipped?.values ?? []) / median(own?.values ?? [])] },
  ];
}

function valueOf(round: readonly Figure[], what: string): number {
  return round.find((figure) => figure.what === what)?.values[0] ?? Number.NaN;
}

function figure(what: string, value: number, unit: string): Figure {
  return { what, unit, values: [value] };
}
