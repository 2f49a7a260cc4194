// Whether agents find out, each for itself, which other nodes' pods are reached, on real wires with real agents.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { NodeNetworkSpec, NodeSubnetSpec } from "../../crds/types.ts";
import type { Size } from "../../node-agent/plan/probe-message.ts";
import { type AgentNode, agentNode, viewOf } from "../support/agent-node.ts";
import type { AskOrder } from "../support/ask-inside.ts";
import { ip, must, type Netns } from "../support/netns.ts";
import { makeRoutedSites, makeSite, type Site } from "../support/node-site.ts";
import { active, dualClaims, dualSpec } from "../support/node-view.ts";
import { probePort, startProbing } from "../support/probing-node.ts";
import { until } from "../support/until.ts";

type Part = Partial<Pick<NodeSubnetSpec, "routing" | "nextHops" | "nodeAddresses">>;

/** What node N of these sees, each with its own part. */
function view(n: number, parts: Readonly<Record<number, Part>>, spec: Partial<NodeNetworkSpec> = {}) {
  const claims = Object.entries(parts).flatMap(([peer, part]) =>
    dualClaims(Number(peer)).map(({ metadata, spec }) => ({ metadata, spec: { ...spec, ...part } })),
  );
  const { nodeAddresses = [], routing } = parts[n] ?? {};
  const own = dualSpec({
    nodeUID: `uid-node-${n}`,
    subnets: active(`10.244.${n}.0/24`, `fd00:10:244:${n}::/64`),
    nodeAddresses,
    ...(routing === undefined ? {} : { routing }),
    ...spec,
  });
  return viewOf(own, claims);
}

function at(site: number, host: number, part: Part = {}): Part {
  const addresses = [`192.168.${site}.${host}`, `fd00:192:168:${site}::${host}`];
  return { nextHops: addresses, nodeAddresses: addresses, ...part };
}

const three = { 1: at(1, 11), 2: at(1, 12), 3: at(1, 13) };

async function startThree(t: TestContext) {
  const site = await makeSite(t);
  const nodes = await Promise.all([1, 2, 3].map(async (n) => agentNode(t, `node-${n}`, await site.plug(`node-${n}`, 10 + n))));
  const probing = await Promise.all(nodes.map((node, index) => startProbing(t, node, view(index + 1, three))));
  const [a = assert.fail(), b = assert.fail(), c = assert.fail()] = probing;
  await Promise.all(probing.map((one) => one.untilReaches(2)));
  return { site, nodes, a, b, c };
}

/** Drops what comes in from these subnets, or what matches another rule. */
async function drop(node: Netns | undefined, ...rules: readonly string[]): Promise<void> {
  const lines = rules.map((rule) => `${rule} drop;`).join(" ");
  const chain = `chain in { type filter hook prerouting priority -400; ${lines} }`;
  await must(node?.exec ?? assert.fail(), ["nft", "-f", "-"], `table inet cut {\n${chain}\n}\n`);
}

async function mend(node: Netns | undefined): Promise<void> {
  await must(node?.exec ?? assert.fail(), ["nft", "delete", "table", "inet", "cut"]);
}

async function carries(site: Site, port: number, mtu: number): Promise<void> {
  await ip(site.link.exec, `link set port${port} mtu ${mtu}`);
}

test("three nodes reach each other; a wire that is cut in one direction and one family is named by both ends, by nobody else, and no more once it is whole", async (t) => {
  const { nodes, a, b, c } = await startThree(t);
  await drop(nodes[1]?.netns, "iifname eth0 ip saddr 10.244.1.0/24");
  await Promise.all([a.untilBad("node-2 IPv4 NoAnswer"), b.untilBad("node-1 IPv4 NoAnswer")]);
  await mend(nodes[1]?.netns);
  await Promise.all([a.untilReaches(2), b.untilReaches(2)]);
  assert.ok(c.told.every(({ bad }) => bad === undefined));
});

test("a place where packets of full size vanish is named as such, in both families", async (t) => {
  const { site, a, b, c } = await startThree(t);
  await carries(site, 12, 1400);
  const hole = (node: string) => [`${node} IPv4 FullSizeLost`, `${node} IPv6 FullSizeLost`];
  await Promise.all([
    a.untilBad(...hole("node-2")),
    b.untilBad(...hole("node-1"), ...hole("node-3")),
    c.untilBad(...hole("node-2")),
  ]);
  await carries(site, 12, 1500);
  await Promise.all([a, b, c].map((one) => one.untilReaches(2)));
});

test("an agent that is not there is not a node that is not reached; a node that is not there is one", async (t) => {
  const { site, a, b, c } = await startThree(t);
  await c.stop();
  await carries(site, 12, 1400);
  await a.untilBad("node-2 IPv4 FullSizeLost", "node-2 IPv6 FullSizeLost");
  await carries(site, 12, 1500);
  await Promise.all([a.untilReaches(2), b.untilReaches(2)]);
  assert.doesNotMatch(JSON.stringify(a.told), /node-3/);
  await ip(site.link.exec, "link set port13 down");
  await a.untilBad("node-3 IPv4 NoAnswer", "node-3 IPv6 NoAnswer");
});

const askInside = join(import.meta.dirname, "../support/ask-inside.ts");

const vxlan = { mode: "VXLAN", tunnelTo: "OtherSubnets", port: 4789 } as const;

test("nodes behind a router reach each other through a tunnel; one whose port is closed is named", async (t) => {
  const [left, right] = await makeRoutedSites(t);
  const netns = [await left.plug("node-1", 11), await right.plug("node-2", 12)];
  const parts = { 1: at(1, 11, { routing: vxlan }), 2: at(2, 12, { routing: vxlan }) };
  const nodes = await Promise.all(netns.map((one, index) => agentNode(t, `node-${index + 1}`, one)));
  const probing = await Promise.all(nodes.map((node, index) => startProbing(t, node, view(index + 1, parts))));
  const [a = assert.fail(), b = assert.fail()] = probing;
  await Promise.all([a.untilReaches(1), b.untilReaches(1)]);
  await drop(netns[1], "udp dport 4789");
  await a.untilBad("node-2 IPv4 NoAnswer", "node-2 IPv6 NoAnswer");
  await mend(netns[1]);
  await Promise.all([a.untilReaches(1), b.untilReaches(1)]);
});

for (const family of [4, 6] as const)
  test(`a router that tells of a smaller MTU costs one IPv${family} question of full size, and no more, as it does a pod; one that drops without a word costs every one`, async (t) => {
    const [left, right, router] = await makeRoutedSites(t);
    const [here, there] = [await left.plug("node-1", 11), await right.plug("node-2", 1)];
    const [from = "", to = ""] = [at(1, 11), at(2, 1)].map(({ nextHops = [] }) => nextHops[family === 4 ? 0 : 1]);
    await startAnswering(t, there, to, from);
    const subnet = family === 4 ? "192.168.2.0/24" : "fd00:192:168:2::/64";
    const orderOf = (times: number): AskOrder => ({ from, subnet, port: probePort, times });
    const ask = async (times: number): Promise<(readonly Size[] | undefined)[]> =>
      JSON.parse(await must(here.exec, [process.execPath, askInside, JSON.stringify(orderOf(times))]));
    await until("the way to be there", async () => (await ask(1))[0]?.length === 0);
    await ip(router.exec, "link set eth2 mtu 1400");
    assert.deepEqual(await ask(3), [["full"], [], []]);
    await drop(here, "icmp type destination-unreachable", "icmpv6 type packet-too-big");
    for (const one of ["-4", "-6"]) await must(here.exec, ["ip", one, "route", "flush", "cache"]);
    assert.deepEqual(await ask(3), [["full"], ["full"], ["full"]]);
  });

async function startAnswering(t: TestContext, node: Netns, gateway: string, asker: string): Promise<void> {
  const ending = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  const order: AskOrder = { gateways: [gateway], askers: [asker], port: probePort };
  const listener = { line: () => resolve(), complaint: (text: string) => t.diagnostic(text) };
  const ended = node.exec.follow([process.execPath, askInside, JSON.stringify(order)], listener, ending.signal);
  t.after(() => {
    ending.abort();
    return ended;
  });
  await promise;
}

test("a gateway answers nobody but other nodes' gateways, nothing but questions, and with less than it was asked", async (t) => {
  const { nodes } = await startThree(t);
  const ask = (node: AgentNode | undefined, from: string, text: string) =>
    must(node?.netns.exec ?? assert.fail(), [process.execPath, "-e", asker, from, "10.244.2.1", text]);
  const question = `podnet?1${"x".repeat(100)}`;
  assert.equal(await ask(nodes[0], "10.244.1.1", question), "podnet!1xxxxxxxx");
  assert.equal(await ask(nodes[0], "192.168.1.11", question), "");
  for (const text of ["podnet?1", "podnet!1xxxxxxxx", "hello, who is there?", ""])
    assert.equal(await ask(nodes[0], "10.244.1.1", text), "");
});

/** Sends a text from an address to another one, and prints what comes back within half a second. */
const asker = `
const [from, to, text] = process.argv.slice(1);
const socket = require("node:dgram").createSocket("udp4");
socket.on("message", (answer) => { process.stdout.write(answer); socket.close(); clearTimeout(timer); });
socket.bind({ address: from }, () => socket.send(text, 9445, to));
const timer = setTimeout(() => socket.close(), 500);
`;
