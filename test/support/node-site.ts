import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { KindOutcome } from "../../lib/linux/stage.ts";
import type { NodeState } from "../../lib/linux/node-state.ts";
import { ip, makeNetns, must, type Netns, type Span, wire } from "./netns.ts";
import { cachingNode } from "../../tools/compile-cache.ts";

/** A place with a switch: nodes and hosts plug into it. */
export interface Site {
  readonly link: Netns;
  /** A node or host with the addresses 192.168.1.`number` and fd00:192:168:1::`number` on its device `eth0`. */
  plug(label: string, number: number): Promise<Netns>;
  /** The same for a host that there is, and a device of another name. */
  attach(host: Netns, device: string, number: number): Promise<void>;
}

const probe = join(import.meta.dirname, "probe.ts");
const inside = join(import.meta.dirname, "converge-inside.ts");
const probePort = 7000;

/** Makes a site that goes when the test ends. Site 2 has 192.168.2.0/24 and fd00:192:168:2::/64, and so on. */
export async function makeSite(t: Span, site = 1): Promise<Site> {
  const link = await makeNetns(t, "switch");
  await ip(link.exec, "link add lan type bridge", "link set lan up");
  const attach = async (host: Netns, device: string, number: number): Promise<void> => {
    // A machine's link has long been up. In the first two seconds of one the kernel asks for no neighbor on behalf of pods, as its own address there is not certain yet.
    await detectDuplicates(host, false);
    await wire(host, device, link, `port${number}`);
    await detectDuplicates(host, true);
    await ip(link.exec, `link set port${number} master lan`);
    await ip(
      host.exec,
      `address add 192.168.${site}.${number}/24 dev ${device}`,
      `address add fd00:192:168:${site}::${number}/64 dev ${device} nodad`,
    );
  };
  const plug = async (label: string, number: number): Promise<Netns> => {
    const host = await makeNetns(t, label);
    await attach(host, "eth0", number);
    return host;
  };
  return { link, plug, attach };
}

/** Whether the kernel makes sure for two seconds that nobody else has the IPv6 addresses of devices that come from now on. */
async function detectDuplicates(host: Netns, does: boolean): Promise<void> {
  await must(host.exec, ["busybox", "sysctl", "-q", "-w", `net.ipv6.conf.default.accept_dad=${does ? 1 : 0}`]);
}

/** Makes the sites 1 and 2, and a router between them, with a device `ethN` at site N; who plugs into one of them reaches the other one. */
export async function makeRoutedSites(t: TestContext): Promise<readonly [Site, Site, router: Netns]> {
  const sites = [await makeSite(t, 1), await makeSite(t, 2)] as const;
  const router = await makeNetns(t, "router");
  await sites[0].attach(router, "eth1", 254);
  await sites[1].attach(router, "eth2", 254);
  for (const setting of ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"])
    await must(router.exec, ["busybox", "sysctl", "-q", "-w", `${setting.replaceAll("/", ".")}=1`]);
  const routed = (site: Site, number: number): Site => ({
    ...site,
    plug: async (label, host) => {
      const netns = await site.plug(label, host);
      await ip(netns.exec, `route add default via 192.168.${number}.254`, `route add default via fd00:192:168:${number}::254`);
      return netns;
    },
  });
  return [routed(sites[0], 1), routed(sites[1], 2), router];
}

/** Plugs a pod into the bridge of a node, as a CNI plugin does: its addresses, and routes over the node's. */
export async function plugPod(
  t: TestContext,
  node: Netns,
  label: string,
  addresses: readonly string[],
  mtu: number,
): Promise<Netns> {
  const pod = await makeNetns(t, label);
  const port = `veth-${label}`.slice(0, 15);
  await wire(pod, "eth0", node, port);
  await ip(node.exec, `link set ${port} mtu ${mtu} master cni0`);
  await ip(pod.exec, `link set eth0 mtu ${mtu}`);
  for (const address of addresses) {
    const gateway = address.replace(/([.:])[^.:]*\/.*$/, "$11");
    const nodad = address.includes(":") ? ["nodad"] : [];
    await ip(pod.exec, ["address add", address, "dev eth0", ...nodad].join(" "), `route add default via ${gateway}`);
  }
  return pod;
}

/** Makes a node as wanted, by a process of its own inside the node's namespace. */
export async function convergeInside(node: Netns, want: Partial<NodeState>): Promise<KindOutcome[]> {
  return JSON.parse(await must(node.exec, [...cachingNode, inside], JSON.stringify(want))) as KindOutcome[];
}

/** Fails unless a run did all it had to, and the next one finds nothing to do. */
export async function assertConverges(node: Netns, want: Partial<NodeState>): Promise<void> {
  const outcomes = await convergeInside(node, want);
  assert.deepEqual(outcomes.flatMap(problemsOf), []);
  const again = await convergeInside(node, want);
  assert.deepEqual(again.flatMap(problemsOf), []);
  assert.deepEqual(
    again.flatMap((outcome) => outcome.steps),
    [],
  );
}

/** What went wrong in a run, as messages. */
export function problemsOf(outcome: KindOutcome): string[] {
  return [...(outcome.unseen === undefined ? [] : [outcome.unseen]), ...outcome.errors.map((error) => error.message)];
}

/** Starts a server which tells callers the address they are seen with. */
export async function listenInside(t: TestContext, host: Netns, port = probePort): Promise<void> {
  const stop = new AbortController();
  const started = new EventTarget();
  const listening = once(started, "listening");
  const listener = { line: () => started.dispatchEvent(new Event("listening")), complaint: (text: string) => t.diagnostic(text) };
  const ended = host.exec.follow([process.execPath, probe, "serve", String(port)], listener, stop.signal);
  t.after(() => {
    stop.abort();
    return ended;
  });
  await listening;
}

/** The address with which `from` is seen at `address`, after a transfer in packets of full size. */
export async function sourceSeen(from: Netns, address: string): Promise<string> {
  return (await ask(from, address, probePort)).source;
}

/** The address of the one who answers when `from` asks `address`. */
export async function whoAnswers(from: Netns, address: string, port: number): Promise<string> {
  return (await ask(from, address, port)).answerer;
}

async function ask(from: Netns, address: string, port: number): Promise<{ source: string; answerer: string }> {
  const answer = await must(from.exec, [process.execPath, probe, "ask", address, String(port)]);
  const [source = "", answerer = ""] = answer.trim().split(" ");
  return { source, answerer };
}
