import assert from "node:assert/strict";
import { test } from "node:test";
import { agentNode, assertProgrammed, viewOf } from "../support/agent-node.ts";
import { addPod, type PortMapping } from "../support/cni.ts";
import { priorityTagged, udp } from "../support/frames.ts";
import { counter, countArrivals, hostileGround, macOf } from "../support/hostile-pod.ts";
import { must } from "../support/netns.ts";
import { listenInside, makeSite, whoAnswers } from "../support/node-site.ts";
import { dualClaims, dualSpec } from "../support/node-view.ts";

const port = 53;
const nameService: readonly PortMapping[] = (["tcp", "udp"] as const).map((protocol) => ({
  hostPort: port,
  containerPort: port,
  protocol,
}));
const families = [
  {
    table: "ip",
    node: "192.168.1.11",
    outside: "192.168.1.99",
    service: "10.96.0.10",
    at: (address: string) => `${address}:${port}`,
  },
  {
    table: "ip6",
    node: "fd00:192:168:1::11",
    outside: "fd00:192:168:1::99",
    service: "fd00:10:96::10",
    at: (address: string) => `[${address}]:${port}`,
  },
] as const;

test("a pod with the node's port 53 answers what is asked of the node, and nothing that pods ask of others: hosts, pods or Services", async (t) => {
  const site = await makeSite(t);
  const node = await agentNode(t, "node-1", await site.plug("node-1", 11));
  const outside = await site.plug("outside", 99);
  assertProgrammed((await node.run(viewOf(dualSpec(), [...dualClaims(1), ...dualClaims(2)])))[0]);
  const other = await addPod(t, node.runtime, "other");
  // The Service's rules are older than the plugin's: of equal priority, the kernel asks the newest first.
  for (const [n, { table, service, at }] of families.entries()) {
    const rule = `${table} daddr ${service} tcp dport ${port} dnat to ${at(other.addresses[n] ?? "")}`;
    const chain = `chain c {\n  type nat hook prerouting priority dstnat;\n  ${rule}\n }`;
    await must(node.netns.exec, ["nft", "-f", "-"], `table ${table} service {\n ${chain}\n}\n`);
  }
  const greedy = await addPod(t, node.runtime, "greedy", { portMappings: nameService });
  const client = (await addPod(t, node.runtime, "client")).netns;
  for (const host of [greedy.netns, other.netns, outside]) await listenInside(t, host, port);
  for (const [n, { table, node: ownAddress, outside: host, service }] of families.entries()) {
    const [greedyAddress = "", otherAddress = ""] = [greedy, other].map(({ addresses }) => addresses[n]);
    const answers = async () => [await whoAnswers(client, host, port), await whoAnswers(client, service, port)];
    assert.equal(await whoAnswers(client, ownAddress, port), greedyAddress, "the node's port is the pod's");
    assert.equal(await whoAnswers(outside, ownAddress, port), greedyAddress, "from outside too");
    assert.equal(await whoAnswers(client, otherAddress, port), otherAddress, "a pod of the node");
    assert.deepEqual(await answers(), [host, otherAddress], "a host elsewhere and a Service");
    // As the plugin was before: whatever goes to that port.
    await must(node.netns.exec, ["nft", "add", "rule", table, "cni_hostport", "prerouting", "jump", "hostports_all"]);
    assert.deepEqual(await answers(), [greedyAddress, greedyAddress], "without the plugin's condition");
  }
});

test("no pod comes to what listens on its node's loopback alone, though hostPorts open that way", async (t) => {
  const { node, hostile, send, unguard } = await hostileGround(t);
  await addPod(t, node.runtime, "with-port", { portMappings: nameService });
  assert.equal(
    await must(node.netns.exec, ["cat", "/proc/sys/net/ipv4/conf/cni0/route_localnet"]),
    "1\n",
    "the plugin opened it",
  );
  await countArrivals(node.netns, { loopback: "ip daddr 127.0.0.1 udp dport 10248" }, "input");
  const [from = ""] = hostile.addresses;
  const frame = udp({ from: "02:00:00:00:ee:01", to: await macOf(node.netns, "cni0") }, [from, 7], ["127.0.0.1", 10248]);
  const frames = [frame, priorityTagged(frame, 0x8100), priorityTagged(frame, 0x88a8, 0x8100)];
  await send(...frames);
  assert.equal(await counter(node.netns, "loopback"), 0);
  await unguard();
  await send(...frames);
  assert.equal(await counter(node.netns, "loopback"), frames.length);
});
