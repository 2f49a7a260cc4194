import { noNodes } from "../lab/instance.ts";
import { startLab } from "../lab/start-lab.ts";
import { convergeNode } from "../lib/linux/converge-node.ts";
import { type Exec, makeExec } from "../lib/linux/exec.ts";
import type { NodeState } from "../lib/linux/node-state.ts";
import { warmExec } from "../lib/linux/warm-exec.ts";
import { Problem } from "../tools/problem.ts";
import type { Bench } from "./bench.ts";
import { acrossRounds, type Figure } from "./figure.ts";
import { type PeerWay, peerWays } from "./peer-ways.ts";

/** Of commands that set one route each, so many are measured, and the rest is calculated from their rate. */
const measuredSingly = 500;

/** So many peers the targets are for. */
const judged = 5_000;

/** What it takes until all peers are reached and that was seen: podnet, one `ip` (and `bridge`) with all of it, and one command each. */
export const program: Bench = {
  title: "programming peers, Direct and VXLAN: podnet, ip -batch, one command each",
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
        for (const way of peerWays)
          for (const count of programmed)
            figures.push(
              ...(await progress.during(`${way.mode}, ${count} peers, round ${round} of ${rounds}`, () =>
                ofPeers(way, count, exec, cold),
              )),
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

async function ofPeers(way: PeerWay, count: number, exec: Exec, cold: Exec): Promise<Figure[]> {
  const pass = (number: number) => timed(() => converged(exec, way.state(number)));
  const figure = (what: string, value: number, part: Partial<Figure> = {}): Figure => ({
    what: `${way.mode}, ${count} peers: ${what}`,
    unit: "ms",
    values: [value],
    ...part,
  });
  await pass(0);
  const [set, seen] = [await pass(count), await pass(count)];
  const [more, gone] = [await pass(count + 1), await pass(0)];
  const commands = Array.from({ length: count }, (_, number) => way.commands(number));
  const batch = await timed(() => inBatches(cold, commands));
  await pass(0);
  const singly = commands.slice(0, measuredSingly);
  const each = await timed(async () => {
    for (const argv of singly.flat()) await must(cold, argv);
  });
  await pass(0);
  return [
    figure("podnet, set and seen", set + seen, count === judged ? { atMost: way.atMost } : {}),
    figure("podnet, a pass without a change", seen),
    figure("podnet, one peer more", more),
    figure("podnet, all gone", gone),
    figure("ip -batch, classic routes, which sees nothing", batch),
    figure("podnet beside that ip -batch", (set + seen) / batch, { unit: "×", ...(count === judged ? { atMost: 1 } : {}) }),
    figure(
      "one command each",
      (each * count) / singly.length,
      count > singly.length ? { remark: `calculated from ${singly.length}` } : {},
    ),
  ];
}

/** The same commands of all peers, one process for each sort of them. */
async function inBatches(cold: Exec, commands: readonly (readonly (readonly string[])[])[]): Promise<void> {
  for (const sort of commands[0]?.keys() ?? []) {
    const lines = commands.map((ofPeer) => `${(ofPeer[sort] ?? []).slice(1).join(" ")}\n`);
    await must(cold, [commands[0]?.[sort]?.[0] ?? "ip", "-batch", "-"], lines.join(""));
  }
}

async function converged(exec: Exec, state: Partial<NodeState>): Promise<void> {
  const outcomes = await convergeNode({ exec, procSys: "/proc/sys" }, state);
  const [wrong] = outcomes.flatMap(({ errors, unseen }) => [
    ...errors.map(({ message }) => message),
    ...(unseen === undefined ? [] : [unseen]),
  ]);
  if (wrong !== undefined) throw new Problem(`Peers could not be set: ${wrong}`);
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
