import { noNodes } from "../lab/instance.ts";
import { startLab } from "../lab/start-lab.ts";
import { convergeNode } from "../lib/linux/converge-node.ts";
import { type Exec, makeExec } from "../lib/linux/exec.ts";
import type { RouteItem } from "../lib/linux/kinds/route.ts";
import { warmExec } from "../lib/linux/warm-exec.ts";
import { Problem } from "../tools/problem.ts";
import type { Bench } from "./bench.ts";
import { acrossRounds, type Figure } from "./figure.ts";

/** Of commands that set one route each, so many are measured, and the rest is calculated from their rate. */
const measuredSingly = 500;

/** The most milliseconds that all peers may take, by their number (DESIGN 5). */
const target = new Map([[5_000, 100]]);

/** What it takes until the routes to all peers are in the kernel and were seen there: podnet, one `ip` with all routes, and one `ip` each. */
export const program: Bench = {
  title: "programming routes to peers, Direct: podnet, ip -batch, one ip each",
  async run({ programmed, rounds, labName, progress }) {
    const lab = await startLab({ ...noNodes(labName), level: "hosts" }, { progress });
    const stop = new AbortController();
    try {
      const [host] = lab.hosts;
      if (host === undefined) throw new Error("the lab has no host");
      const cold = makeExec({ prefix: host.enter });
      const exec = warmExec(cold, stop.signal);
      await must(cold, ["ip", "address", "add", "172.16.0.1/16", "dev", "eth0"]);
      const all: Figure[][] = [];
      for (let round = 1; round <= rounds; round++) {
        const figures: Figure[] = [];
        for (const count of programmed)
          figures.push(
            ...(await progress.during(`${count} peers, round ${round} of ${rounds}`, () => ofPeers(count, exec, cold))),
          );
        all.push(figures);
      }
      return acrossRounds(all);
    } finally {
      stop.abort();
      await lab.stop();
    }
  },
};

async function ofPeers(count: number, exec: Exec, cold: Exec): Promise<Figure[]> {
  const peers = Array.from({ length: count }, (_, number) => routeTo(number));
  const pass = (routes: readonly RouteItem[]) => timed(() => converged(exec, routes));
  const figure = (what: string, value: number, part: Partial<Figure> = {}): Figure => ({
    what: `${count} peers: ${what}`,
    unit: "ms",
    values: [value],
    ...part,
  });
  await pass([]);
  const [set, seen] = [await pass(peers), await pass(peers)];
  const more = await pass([...peers, routeTo(count)]);
  const gone = await pass([]);
  const batch = await timed(() => must(cold, ["ip", "-batch", "-"], peers.map((one) => `${addition(one).join(" ")}\n`).join("")));
  await pass([]);
  const singly = peers.slice(0, measuredSingly);
  const each = await timed(async () => {
    for (const one of singly) await must(cold, ["ip", ...addition(one)]);
  });
  await pass([]);
  const atMost = target.get(count);
  return [
    figure("podnet, set and seen", set + seen, atMost === undefined ? {} : { atMost }),
    figure("podnet, a pass without a change", seen),
    figure("podnet, one peer more", more),
    figure("podnet, all gone", gone),
    figure("ip -batch, classic routes", batch),
    figure(
      "one ip each",
      (each * count) / singly.length,
      count > singly.length ? { remark: `calculated from ${singly.length}` } : {},
    ),
  ];
}

function routeTo(number: number): RouteItem {
  const hop = number + 2;
  return { prefix: `10.${number >> 8}.${number & 255}.0/24`, via: `172.16.${hop >> 8}.${hop & 255}`, device: "eth0" };
}

function addition({ prefix, via = "", device = "" }: RouteItem): string[] {
  return ["route", "add", prefix, "via", via, "dev", device, "proto", "244"];
}

async function converged(exec: Exec, routes: readonly RouteItem[]): Promise<void> {
  const outcomes = await convergeNode({ exec, procSys: "/proc/sys" }, { routes });
  const [wrong] = outcomes.flatMap(({ errors, unseen }) => [
    ...errors.map(({ message }) => message),
    ...(unseen === undefined ? [] : [unseen]),
  ]);
  if (wrong !== undefined) throw new Problem(`Routes could not be set: ${wrong}`);
}

async function must(exec: Exec, argv: readonly string[], stdin?: string): Promise<void> {
  const { status, stderr } = await exec.run(argv, stdin);
  if (status !== 0) throw new Problem(`${argv.join(" ")} failed: ${stderr.slice(0, 300)}`);
}

/** In milliseconds; what waits to be started before it is needed has been. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 200));
  const began = performance.now();
  await work();
  return performance.now() - began;
}
