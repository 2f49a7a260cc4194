import { join } from "node:path";
import type { TestContext } from "node:test";
import { agentNode, assertProgrammed, type AgentNode, viewOf } from "./agent-node.ts";
import { addPod, type Pod } from "./cni.ts";
import { inVxlan, udp } from "./frames.ts";
import { ip, must, type Netns } from "./netns.ts";
import { makeSite } from "./node-site.ts";
import { dualClaims, dualSpec } from "./node-view.ts";
import { until } from "./until.ts";

/** A node with two pods, one of which sends whatever it likes. */
export interface HostileGround {
  readonly node: AgentNode;
  readonly hostile: Pod;
  readonly victim: Pod;
  /** Of the victim's device. */
  readonly victimMac: string;
  /** Sends frames from the hostile pod in order; until one behind them, which nobody minds, has come to the victim. */
  readonly send: (...frames: readonly Uint8Array[]) => Promise<void>;
  /** How many packets of a name have come to the victim. */
  readonly arrived: (name: string) => Promise<number>;
  /** Takes the node's rules away. */
  readonly unguard: () => Promise<void>;
}

const sender = join(import.meta.dirname, "send-frames.ts");
const tunnel = { id: 1, port: 4790 };
const harmless = { name: "harmless", port: 9 };

/** Makes it; `counted`: what of the victim's packets is counted before anything else looks at them, by name, e.g. `{dhcp: "udp dport 68"}`. */
export async function hostileGround(t: TestContext, counted: Readonly<Record<string, string>> = {}): Promise<HostileGround> {
  const site = await makeSite(t);
  const node = await agentNode(t, "node-1", await site.plug("node-1", 11));
  assertProgrammed((await node.run(viewOf(dualSpec(), [...dualClaims(1), ...dualClaims(2)])))[0]);
  const [hostile, victim] = [await addPod(t, node.runtime, "hostile"), await addPod(t, node.runtime, "victim")];
  await becomeHostile(hostile.netns);
  await countArrivals(victim.netns, { ...counted, [harmless.name]: `udp dport ${harmless.port}` });
  const [source = ""] = hostile.addresses;
  const [target = ""] = victim.addresses;
  const victimMac = await macOf(victim.netns, "eth0");
  const last = udp({ from: "02:00:00:00:00:0e", to: victimMac }, [source, harmless.port], [target, harmless.port]);
  const arrived = (name: string) => counter(victim.netns, name);
  const send = async (...frames: readonly Uint8Array[]): Promise<void> => {
    const before = await arrived(harmless.name);
    await sendFrames(hostile.netns, [...frames, last]);
    await until("what is harmless arrives", async () => (await arrived(harmless.name)) > before);
  };
  const unguard = async () => {
    for (const family of ["inet", "bridge"]) await must(node.netns.exec, ["nft", "delete", "table", family, "podnet"]);
  };
  return { node, hostile, victim, victimMac, send, arrived, unguard };
}

/** The MAC address of a device. */
export async function macOf(host: Netns, device: string): Promise<string> {
  const [link] = JSON.parse(await must(host.exec, ["ip", "-j", "link", "show", "dev", device])) as { address: string }[];
  return link?.address ?? "";
}

/** Changes a setting, e.g. `"net/ipv6/conf/eth0/accept_ra"`. */
export async function set(host: Netns, path: string, value: string): Promise<void> {
  await must(host.exec, ["busybox", "sysctl", "-q", "-w", `${path.replaceAll("/", ".")}=${value}`]);
}

/** Counts packets that come to a host, by name, e.g. `{dhcp: "udp dport 68"}`; they go no further, so that it answers none of them. */
export async function countArrivals(
  host: Netns,
  matches: Readonly<Record<string, string>>,
  hook: "prerouting" | "input" = "prerouting",
): Promise<void> {
  const counters = Object.keys(matches).map((name) => ` counter ${name} {\n }\n`);
  const rules = Object.entries(matches).map(([name, match]) => `  ${match} counter name ${name} drop\n`);
  const chain = ` chain c {\n  type filter hook ${hook} priority -400;\n${rules.join("")} }\n`;
  await must(host.exec, ["nft", "-f", "-"], `table inet seen {\n${counters.join("")}${chain}}\n`);
}

/** How many packets of a name have come. */
export async function counter(host: Netns, name: string): Promise<number> {
  const text = await must(host.exec, ["nft", "list", "counter", "inet", "seen", name]);
  return Number(/packets (\d+)/.exec(text)?.[1]);
}

/**
 * Lets a host send any frame, as a process with CAP_NET_RAW can: it gets a switch of its own between its eth0 and a tunnel that ends on its loopback. It has
 * no connection of its own any more.
 */
export async function becomeHostile({ exec }: Netns): Promise<void> {
  await ip(
    exec,
    "address flush dev eth0",
    "link add out type bridge",
    `link add in type vxlan id ${tunnel.id} dstport ${tunnel.port} local 127.0.0.1 nolearning`,
    "link set eth0 master out",
    "link set in master out",
    "link set in up",
    "link set out up",
  );
}

/** Sends frames from a hostile host, in order. */
export async function sendFrames({ exec }: Netns, frames: readonly Uint8Array[]): Promise<void> {
  const lines = frames.map((frame) => `${Buffer.from(inVxlan(tunnel.id, frame)).toString("hex")}\n`);
  await must(exec, [process.execPath, sender, String(tunnel.port)], lines.join(""));
}
