import { type Bench, type BenchInput, parallel } from "./bench.ts";
import type { Figure } from "./figure.ts";
import { countsSince, type RequestCounts } from "./request-counts.ts";
import { type Operator, type Site, startSite } from "./site.ts";
import { followUsage } from "./usage.ts";

const deadlineMs = 600_000;

/** How a Node's condition is written. */
const conditionWrite = "APPLY nodes/status";

/** A large cluster in which everything is programmed: a minute of heartbeats, then one more node. */
export const steady: Bench = {
  title: "a large cluster at rest: heartbeats, then one node more",
  async run(input) {
    const site = await startSite({ ...input, name: input.labName });
    try {
      const operator = await site.startOperator();
      await stand(site, input);
      // Rest first: after a node came, its peers' conditions are written anew for a while.
      const figures = [...(await resting(site, operator, input)), ...(await oneMore(site, input))];
      await operator.process.stop();
      return figures;
    } finally {
      await site.stop();
    }
  },
};

async function stand(site: Site, { nodes: count, added, progress }: BenchInput): Promise<void> {
  await site.inside("createNetwork", { count: count + added });
  await progress.during(`${count} nodes join`, () =>
    site.inside("joinNodes", { by: "podnet", count, until: count, parallel, deadlineMs }),
  );
  await progress.during(`${count} agents report`, () => site.inside("reportAll", { parallel }));
}

/** What a node's coming costs, as the API server counts it: without what the bench itself asks. */
async function oneMore(site: Site, { nodes, added }: BenchInput): Promise<Figure[]> {
  const outs = [];
  const before = await site.requests();
  for (let index = 0; index < added; index++) outs.push(await site.inside("addNode", { number: nodes + index }));
  const counts = requestsOf(countsSince(before, await site.requests()), added);
  const others = new Map([...counts].filter(([name]) => name !== conditionWrite));
  const per = (count: number) => count / added;
  return [
    { what: "one node more: claim Active", unit: "ms", values: outs.map(({ claimActiveMs }) => claimActiveMs) },
    { what: "one node more: NodeNetwork written", unit: "ms", values: outs.map(({ nodeNetworkMs }) => nodeNetworkMs) },
    {
      what: "one node more: requests",
      unit: "",
      values: [per(sum(others) + added)],
      remark: `${Array.from(others, ([name, count]) => `${name} ${per(count)}`).join(", ")}, and its own condition`,
    },
    {
      what: "one node more: conditions of other Nodes",
      unit: "",
      values: [per(Math.max(0, (counts.get(conditionWrite) ?? 0) - added))],
      remark: "their messages count peers; each is written once in max(10 s, N/20 s) at most",
    },
  ];
}

/** Requests that only the operator makes, on objects that matter; its Lease and the bench's own questions are left out. */
function requestsOf(counts: RequestCounts, added: number): RequestCounts {
  const isOwn = (name: string) => {
    const [verb = "", resource = ""] = name.split(" ");
    if (verb === "WATCH" || name === "POST nodes" || name === "PATCH nodenetworks/status") return false;
    return /^(nodes|nodesubnets|nodenetworks|podnetworks|rangeledgers|events|pods)(\/|$)/.test(resource);
  };
  const own = new Map([...counts].filter(([name]) => isOwn(name)));
  // Before it watches, the bench lists both kinds once for each node.
  for (const name of ["LIST nodesubnets", "LIST nodenetworks"]) own.set(name, (own.get(name) ?? 0) - added);
  return new Map([...own].filter(([, count]) => count > 0));
}

async function resting(site: Site, operator: Operator, { steadySeconds, progress }: BenchInput): Promise<Figure[]> {
  const usage = followUsage(operator.process.pid);
  const [before, passesBefore] = [await site.requests(), await operator.passes()];
  const began = Date.now();
  const out = await progress.during(`${steadySeconds} s of heartbeats`, () =>
    site.inside("heartbeats", { seconds: steadySeconds }),
  );
  const minutes = (Date.now() - began) / 60_000;
  const [passes, after] = [await operator.passes(), await site.requests()];
  const counts = countsSince(before, after);
  const writes = Array.from(counts).filter(([name]) => /^(POST|PUT|PATCH|APPLY|DELETE) /.test(name) && isOfOperator(name));
  const cpu = usage.cpuSecondsAt(Date.now()) - usage.cpuSecondsAt(began);
  usage.stop();
  const statusWrites = sum(new Map(writes.filter(([name]) => name.endsWith("podnetworks/status"))));
  return [
    { what: "at rest: heartbeats", unit: "/min", values: [out.perSecond * 60] },
    { what: "at rest: status of the network", unit: "bytes", values: [out.statusBytes] },
    { what: "at rest: the network as a whole", unit: "bytes", values: [out.objectBytes], remark: "as an administrator reads it" },
    { what: "at rest: writes of the network's status", unit: "/min", values: [statusWrites / minutes] },
    {
      what: "at rest: all writes of the operator",
      unit: "/min",
      values: [sum(new Map(writes)) / minutes],
      remark: writes.map(([name, count]) => `${name} ${count}`).join(", "),
    },
    { what: "at rest: passes", unit: "/min", values: [(passes - passesBefore) / minutes] },
    { what: "at rest: operator, processor", unit: "%", values: [cpu / (minutes * 0.6)] },
    { what: "at rest: operator, peak memory", unit: "MiB", values: [usage.peakMebibytes()], remark: "since its start" },
  ];
}

function isOfOperator(name: string): boolean {
  if (name.endsWith(" nodenetworks/status")) return false;
  return / (nodes|nodesubnets|nodenetworks|podnetworks|rangeledgers|events)(\/|$)/.test(name);
}

function sum(counts: RequestCounts): number {
  return Array.from(counts.values()).reduce((total, count) => total + count, 0);
}
