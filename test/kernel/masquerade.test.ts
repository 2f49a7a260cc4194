// With which address datagrams arrive: with a pod's own everywhere but outside of the cluster.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type AgentNode, agentNode, assertProgrammed, viewOf } from "../support/agent-node.ts";
import { addPod, type Pod } from "../support/cni.ts";
import { answerDatagrams, askDatagrams, type Place } from "../support/datagrams.ts";
import { counter, countArrivals } from "../support/hostile-pod.ts";
import { ip, must, type Netns } from "../support/netns.ts";
import { makeSite, type Site } from "../support/node-site.ts";
import { active, dualClaims, dualSpec } from "../support/node-view.ts";
import { until } from "../support/until.ts";

/** Where hosts and pods answer, and where all ask from. */
const [port, secondPort, ownPort] = [7001, 7002, 40_000];
const service = ["10.96.0.10", "fd00:10:96::10"] as const;
const gateways = ["10.244.1.1", "fd00:10:244:1::1"] as const;

const addressesOf = (host: number) => [`192.168.1.${host}`, `fd00:192:168:1::${host}`];
const [outside, excluded] = [addressesOf(99), addressesOf(98)];
const at = (addresses: readonly string[], ...ports: readonly number[]): Place[] =>
  addresses.flatMap((address) => ports.map((one): Place => [address, one]));

/** Node N of two, programmed; its network excludes one outside host. */
async function programmedNode(t: TestContext, site: Site, n: number): Promise<AgentNode> {
  const node = await agentNode(t, `node-${n}`, await site.plug(`node-${n}`, 10 + n));
  const spec = dualSpec({
    nodeUID: `uid-node-${n}`,
    subnets: active(`10.244.${n}.0/24`, `fd00:10:244:${n}::/64`),
    nodeAddresses: addressesOf(10 + n),
    masquerade: { enabled: true, exclude: ["192.168.1.98/32", "fd00:192:168:1::98/128"] },
  });
  assertProgrammed((await node.run(viewOf(spec, [...dualClaims(1), ...dualClaims(2)])))[0]);
  return node;
}

/** A host that is no node and knows the way to pods of node-1, so that those come to it and back with whatever address they have. */
async function stranger(t: TestContext, site: Site, number: number): Promise<Netns> {
  const host = await site.plug("stranger", number);
  await ip(host.exec, "route add 10.244.1.0/24 via 192.168.1.11", "route add fd00:10:244:1::/64 via fd00:192:168:1::11");
  await answerDatagrams(t, host, addressesOf(number), [port, secondPort]);
  return host;
}

test("datagrams of pods arrive with their own address, and outside of the cluster with the node's, from ports that nobody can guess", async (t) => {
  const site = await makeSite(t);
  const [one, two] = [await programmedNode(t, site, 1), await programmedNode(t, site, 2)];
  const host = await stranger(t, site, 99);
  await stranger(t, site, 98);
  const [a, b, c] = [
    await addPod(t, one.runtime, "pod-a"),
    await addPod(t, one.runtime, "pod-b"),
    await addPod(t, two.runtime, "pod-c"),
  ];
  await Promise.all([
    ...[a, b, c].map((pod) => answerDatagrams(t, pod.netns, pod.addresses, [port])),
    ...[one, two].map(({ netns }, n) => answerDatagrams(t, netns, addressesOf(11 + n), [port])),
  ]);
  const unmasked = [...b.addresses, ...c.addresses, ...addressesOf(11), ...addressesOf(12), ...excluded];
  const away = at(outside, port, secondPort);
  const [inside, masked, fromNode, fromOutside] = await Promise.all([
    askDatagrams(a.netns, ownPort, at(unmasked, port)),
    askDatagrams(b.netns, ownPort, away),
    askDatagrams(one.netns, ownPort, at([...a.addresses, ...c.addresses, ...outside], port)),
    askDatagrams(host, ownPort, at(a.addresses, port)),
  ]);
  const fromA = unmasked.map((to) => ({ address: a.addresses[to.includes(":") ? 1 : 0], port: ownPort }));
  assert.deepEqual(inside, fromA, `from a pod to ${unmasked.join(", ")}`);
  const addresses = (taken: typeof masked) => taken.map((asker) => asker?.address);
  const asNode = [...gateways, ...addressesOf(11), ...addressesOf(11)].map((address) => ({ address, port: ownPort }));
  assert.deepEqual(fromNode, asNode, "from a node to its own pod, another node's, and the outside");
  assert.deepEqual(addresses(fromOutside), outside, "from outside to a pod");
  assert.deepEqual(
    addresses(masked),
    away.map(([to]) => addressesOf(11)[to.includes(":") ? 1 : 0]),
    "from a pod to the outside",
  );
  const ports = masked.map((asker) => asker?.port);
  // One of the four may by chance be as before, once in 16,000 times; not two of them.
  assert.ok(ports.filter((seen) => seen === ownPort).length <= 1 && new Set(ports).size >= 3, `from ports ${ports.join(", ")}`);
});

test("a pod reaches itself by its port on the node, and by a Service", async (t) => {
  const node = await programmedNode(t, await makeSite(t), 1);
  const portMappings = [{ hostPort: 8080, containerPort: port, protocol: "udp" }] as const;
  const pod = await addPod(t, node.runtime, "pod", { portMappings });
  await answerDatagrams(t, pod.netns, pod.addresses, [port]);
  await addService(node.netns, pod);
  const taken = await askDatagrams(pod.netns, ownPort, [...at(addressesOf(11), 8080), ...at(service, port)]);
  assert.deepEqual(
    taken.map((asker) => asker?.address),
    [...gateways, ...gateways],
  );
});

/** What kube-proxy does for a Service of one pod, also where that pod itself asks. */
async function addService(node: Netns, pod: Pod): Promise<void> {
  for (const [n, address] of pod.addresses.entries()) {
    const [family, to] = n === 0 ? ["ip", `${address}:${port}`] : ["ip6", `[${address}]:${port}`];
    const chain = (hook: string, priority: string, rule: string) =>
      ` chain ${hook} {\n  type nat hook ${hook} priority ${priority};\n  ${family} ${rule}\n }\n`;
    const there = chain("prerouting", "dstnat", `daddr ${service[n]} udp dport ${port} dnat to ${to}`);
    const back = chain("postrouting", "srcnat", `saddr ${address} ${family} daddr ${address} masquerade`);
    await must(node.exec, ["nft", "-f", "-"], `table ${family} service {\n${there}${back}}\n`);
  }
}

test("what leaves for a group keeps the pods' address", async (t) => {
  const site = await makeSite(t);
  const node = await programmedNode(t, site, 1);
  const host = await stranger(t, site, 99);
  await countArrivals(host, {
    IPv4: `ip saddr ${gateways[0]} ip daddr 239.9.9.9 udp dport ${port}`,
    IPv6: `ip6 saddr ${gateways[1]} ip6 daddr ff0e::9 udp dport ${port}`,
  });
  // A kernel passes nothing on to groups unless a daemon for that tells it to, so the node sends for its pods.
  await must(node.netns.exec, [process.execPath, "-e", sendToGroups, String(port), ...gateways]);
  for (const name of ["IPv4", "IPv6"]) await until(`a datagram of ${name}`, async () => (await counter(host, name)) === 1);
});

/** Sends a datagram to a group of each family, from these addresses, by eth0. */
const sendToGroups = `
const [port, four, six] = process.argv.slice(1);
for (const [type, address, device, group] of [["udp4", four, "192.168.1.11", "239.9.9.9"], ["udp6", six, "::%eth0", "ff0e::9"]]) {
  const socket = require("node:dgram").createSocket(type);
  socket.bind({ address }, () => {
    socket.setMulticastInterface(device);
    socket.send("hello", Number(port), group, () => socket.close());
  });
}
`;
