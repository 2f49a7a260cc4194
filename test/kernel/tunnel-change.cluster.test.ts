// Nodes that tunnel already take to another `tunnelTo`, one after the other, while their pods talk.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { NodeSubnetSpec } from "../../crds/types.ts";
import { type AgentNode, agentNode, assertProgrammed, viewOf } from "../support/agent-node.ts";
import { addPod, type Pod } from "../support/cni.ts";
import { must } from "../support/netns.ts";
import { makeSite } from "../support/node-site.ts";
import { active, dualClaims, dualSpec } from "../support/node-view.ts";
import { until } from "../support/until.ts";

type TunnelTo = NonNullable<NodeSubnetSpec["routing"]>["tunnelTo"];

/** What node N sees while these two say so. */
function view(n: number, says: readonly TunnelTo[]) {
  const routingOf = (node: number) => ({ mode: "VXLAN", tunnelTo: says[node - 1] ?? "OtherSubnets", port: 4789 }) as const;
  const claims = [1, 2].flatMap((node) =>
    dualClaims(node).map(({ metadata, spec }) => ({ metadata, spec: { ...spec, routing: routingOf(node) } })),
  );
  const spec = dualSpec({
    nodeUID: `uid-node-${n}`,
    subnets: active(`10.244.${n}.0/24`, `fd00:10:244:${n}::/64`),
    nodeAddresses: [`192.168.1.${10 + n}`, `fd00:192:168:1::${10 + n}`],
    routing: routingOf(n),
  });
  return viewOf(spec, claims);
}

/** Pings a hundred times a second. */
interface Stream {
  answers(): number;
  /** Ends it; gives how many were lost before the last answer. */
  end(): Promise<number>;
}

function startPings(t: TestContext, from: Pod, address: string): Stream {
  const stop = new AbortController();
  const seen = new Set<number>();
  const line = (text: string) => {
    const [, number] = / seq=(\d+) /.exec(text) ?? [];
    if (number !== undefined) seen.add(Number(number));
  };
  const argv = ["busybox", "ping", "-i", "0.01", address];
  const ended = from.netns.exec.follow(argv, { line, complaint: (text) => t.diagnostic(text) }, stop.signal);
  const end = async () => {
    stop.abort();
    await ended;
    return Math.max(...seen) + 1 - seen.size;
  };
  t.after(end);
  return { answers: () => seen.size, end };
}

async function deviceTo(node: AgentNode, prefix: string): Promise<string | undefined> {
  return / dev (\S+)/.exec(await must(node.netns.exec, ["ip", "route", "show", prefix]))?.[1];
}

test("two nodes on one link tunnel between them, and no more, and of a hundred packets a second between their pods none is lost", async (t) => {
  const site = await makeSite(t);
  const [one, two] = [
    await agentNode(t, "node-1", await site.plug("node-1", 11)),
    await agentNode(t, "node-2", await site.plug("node-2", 12)),
  ];
  // As distributions have it; all else of a node is looked at strictly then.
  for (const node of [one, two]) await must(node.netns.exec, ["busybox", "sysctl", "-q", "-w", "net.ipv4.conf.eth0.rp_filter=2"]);
  const program = async (...says: readonly (readonly [AgentNode, number, ...TunnelTo[]])[]) => {
    for (const [node, n, ...both] of says) assertProgrammed((await node.run(view(n, both)))[0]);
  };
  const devices = async () => [await deviceTo(one, "10.244.2.0/24"), await deviceTo(two, "10.244.1.0/24")];
  const [near, all] = ["OtherSubnets", "AllPeers"] as const;
  await program([one, 1, near, near], [two, 2, near, near]);
  assert.deepEqual(await devices(), ["eth0", "eth0"]);
  const [a, b] = [await addPod(t, one.runtime, "pod-a"), await addPod(t, two.runtime, "pod-b")];
  const streams = b.addresses.map((address) => startPings(t, a, address));
  const more = async () => {
    const before = streams.map((stream) => stream.answers());
    await until("answers go on", () => streams.every((stream, n) => stream.answers() > (before[n] ?? 0) + 10));
  };
  await more();
  // Node-1 says so; each of the two hears of it apart, and so it is on the way back. One of them tunnels already while the other one does not.
  for (const [node, n, says, found] of [
    [one, 1, all, ["podnet-vxlan4", "eth0"]],
    [two, 2, all, ["podnet-vxlan4", "podnet-vxlan4"]],
    [two, 2, near, ["podnet-vxlan4", "eth0"]],
    [one, 1, near, ["eth0", "eth0"]],
  ] as const) {
    await program([node, n, says, near]);
    assert.deepEqual(await devices(), found);
    await more();
  }
  const counts = streams.map((stream) => stream.answers());
  const lost = await Promise.all(streams.map((stream) => stream.end()));
  t.diagnostic(`${counts.join(" and ")} answers, lost: ${lost.join(" and ")}`);
  assert.deepEqual(lost, [0, 0]);
});
