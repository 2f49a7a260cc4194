import { readFile } from "node:fs/promises";
import type { Host } from "../../lab/host.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Pod } from "../../lab/pod.ts";
import { waitUntil } from "../../lab/wait-until.ts";

/** What came of a stream of pings. */
export interface Traffic {
  readonly sent: number;
  readonly received: number;
}

/** Pings that go on. */
export interface PingStream {
  readonly name: string;
  /** Ends it; what was sent before the last answer counts. */
  end(): Promise<Traffic>;
}

/**
 * Pings from a pod's own network namespace to an address, so many times a second until it is ended. It needs neither the API server nor the runtime, so
 * both may be killed meanwhile.
 */
export async function startPings(lab: Lab, from: Pod, address: string, perSecond = 5): Promise<PingStream> {
  const node = lab.host(from.node);
  const namespace = await namespaceOf(node, from);
  const argv = ["nsenter", `--net=/run/netns/${namespace}`, "busybox", "ping", "-i", `${1 / perSecond}`, address];
  // A log of its own: the one of an earlier stream would be written on.
  const began = Math.round(performance.now());
  const process = node.start(`ping-${from.name}-${address}-${perSecond}-${began}`, argv);
  const answers = async () =>
    Array.from((await readFile(process.logFile, "utf8")).matchAll(/ seq=(\d+) /g), ([, seq]) => Number(seq));
  const name = `${from.name} to ${address}`;
  const untilAnswered = (count: number) =>
    waitUntil(`${count} answers to the pings from ${name}`, 10_000, async () => (await answers()).length >= count || undefined);
  await untilAnswered(1);
  return {
    name,
    async end() {
      await untilAnswered((await answers()).length + 1);
      await process.stop();
      const seen = await answers();
      return { sent: Math.max(...seen) + 1, received: new Set(seen).size };
    },
  };
}

/** The file in the node's /run/netns whose namespace has the pod's address. */
async function namespaceOf(node: Host, pod: Pod): Promise<string> {
  const { stdout } = await node.run(["ls", "/run/netns"]);
  for (const name of stdout.split("\n").filter((line) => line !== "")) {
    const { stdout: addresses } = await node.run(["nsenter", `--net=/run/netns/${name}`, "ip", "-brief", "address"]);
    if (addresses.includes(` ${pod.addresses[0]}/`)) return name;
  }
  throw new Error(`${node.name} has no network namespace with ${pod.addresses[0]} of ${pod.name}`);
}
