import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { NodeSubnetSpec } from "../../crds/types.ts";
import type { Exec } from "../../lib/linux/exec.ts";
import { type AgentNode, agentNode, assertProgrammed, stepsOf, viewOf } from "../support/agent-node.ts";
import { addPod } from "../support/cni.ts";
import { ip, must } from "../support/netns.ts";
import { listenInside, makeRoutedSites, sourceSeen } from "../support/node-site.ts";
import { active, type claimObject, dualClaims, dualSpec } from "../support/node-view.ts";

type Routing = NonNullable<NodeSubnetSpec["routing"]>;
const otherSubnets: Routing = { mode: "VXLAN", tunnelTo: "OtherSubnets", port: 4789 };

/** Node → its addresses: 1 and 2 stand at site 1, 3 at site 2. */
const addresses: Readonly<Record<number, readonly string[]>> = {
  1: ["192.168.1.11", "fd00:192:168:1::11"],
  2: ["192.168.1.12", "fd00:192:168:1::12"],
  3: ["192.168.2.13", "fd00:192:168:2::13"],
};
const addressesOf = (n: number, families: readonly string[]) =>
  (addresses[n] ?? []).filter((address) => families.includes(address.includes(":") ? "6" : "4"));

/** What node N sees; `families`: those of the nodes' addresses. */
function view(n: number, routing: Readonly<Record<number, Routing | undefined>>, families = ["4", "6"]) {
  const withRouting = (node: number) => (routing[node] === undefined ? {} : { routing: routing[node] });
  const claims = [1, 2, 3].flatMap((peer) =>
    dualClaims(peer).map(({ metadata, spec }): ReturnType<typeof claimObject> => {
      const own = addressesOf(peer, families);
      return { metadata, spec: { ...spec, nextHops: own, nodeAddresses: own, ...withRouting(peer) } };
    }),
  );
  const spec = dualSpec({
    nodeUID: `uid-node-${n}`,
    subnets: active(`10.244.${n}.0/24`, `fd00:10:244:${n}::/64`),
    nodeAddresses: addressesOf(n, families),
    ...withRouting(n),
  });
  return viewOf(spec, claims);
}

async function threeNodes(t: TestContext): Promise<readonly [AgentNode, AgentNode, AgentNode]> {
  const [left, right] = await makeRoutedSites(t);
  return [
    await agentNode(t, "node-1", await left.plug("node-1", 11)),
    await agentNode(t, "node-2", await left.plug("node-2", 12)),
    await agentNode(t, "node-3", await right.plug("node-3", 13)),
  ];
}

/** Each node programmed, and found as wanted when looked at again. */
async function program(nodes: readonly AgentNode[], viewFor: (n: number) => ReturnType<typeof viewOf>): Promise<void> {
  for (const [at, node] of nodes.entries()) {
    const [first, second] = await node.run(viewFor(at + 1), viewFor(at + 1));
    assertProgrammed(first);
    assertProgrammed(second);
    assert.deepEqual(stepsOf(second), []);
    assert.deepEqual(second?.report?.status.peers, { known: 2, routed: 2 });
  }
}

const devicesTo = async (node: AgentNode, prefix: string) =>
  [...(await must(node.netns.exec, ["ip", "route", "show", prefix])).matchAll(/dev (\S+)/g)].map(([, device]) => device);

for (const families of [["4", "6"], ["6"]])
  test(`nodes behind a router are reached through a tunnel, those on the link directly, without NAT, in packets of full size, between addresses of IPv${families.join(" and IPv")}`, async (t) => {
    const nodes = await threeNodes(t);
    await program(nodes, (n) => view(n, { 1: otherSubnets, 2: otherSubnets, 3: otherSubnets }, families));
    const tunnel = `podnet-vxlan${families[0]}`;
    assert.deepEqual(
      [await devicesTo(nodes[0], "10.244.2.0/24"), await devicesTo(nodes[0], "10.244.3.0/24")],
      [["eth0"], [tunnel]],
    );
    const pods = [];
    for (const [at, node] of nodes.entries()) pods.push(await addPod(t, node.runtime, `pod-${at + 1}`));
    const [a = assert.fail(), b = assert.fail(), c = assert.fail()] = pods;
    for (const pod of pods) await listenInside(t, pod.netns);
    for (const family of [0, 1]) {
      const [atA = "", atB = "", atC = ""] = [a, b, c].map((pod) => pod.addresses[family]);
      assert.equal(await sourceSeen(a.netns, atC), atA, "behind the router");
      assert.equal(await sourceSeen(c.netns, atB), atC, "back over the router");
      assert.equal(await sourceSeen(a.netns, atB), atA, "on the link");
      assert.equal(
        await sourceSeen(nodes[0].netns, atC),
        atA.replace(/2$/, "1"),
        "a node itself is seen with the address of its bridge",
      );
    }
    const mtu = families.includes("4") ? 1450 : 1430;
    const ping = ["busybox", "ping", "-c", "1", "-W", "2", "-s", String(mtu - 28), c.addresses[0] ?? ""];
    await must(a.netns.exec, ping);
    assert.match(await must(a.netns.exec, ["ip", "link", "show", "dev", "eth0"]), new RegExp(`mtu ${mtu} `));
  });

test("one that asks for a tunnel gets one with every node, whatever network those are of; to all, also on the link, at the port of each", async (t) => {
  const nodes = await threeNodes(t);
  const all: Routing = { mode: "VXLAN", tunnelTo: "AllPeers", port: 8472 };
  await program(nodes, (n) => view(n, { 1: all, 3: otherSubnets }));
  assert.deepEqual(await devicesTo(nodes[1], "10.244.1.0/24"), ["podnet-vxlan4"]);
  const pods = [];
  for (const [at, node] of nodes.entries()) pods.push(await addPod(t, node.runtime, `pod-${at + 1}`));
  for (const pod of pods) await listenInside(t, pod.netns);
  for (const from of pods)
    for (const to of pods)
      if (from !== to)
        for (const family of [0, 1])
          assert.equal(await sourceSeen(from.netns, to.addresses[family] ?? ""), from.addresses[family]);
  await program(nodes, (n) => view(n, { 1: otherSubnets, 2: otherSubnets, 3: otherSubnets }));
  assert.deepEqual(await devicesTo(nodes[1], "10.244.1.0/24"), ["eth0"]);
  assert.equal(await sourceSeen(pods[1]?.netns ?? assert.fail(), pods[2]?.addresses[0] ?? ""), pods[1]?.addresses[0]);
});

test("a node that no tunnel joins, for want of a common family, is stated, and the others are reached", async (t) => {
  const [one] = await threeNodes(t);
  const { own, claims } = view(1, { 1: otherSubnets, 3: otherSubnets }, ["4"]);
  const lonely = claims.map(({ metadata, spec }) =>
    spec.node === "node-3" ? { metadata, spec: { ...spec, nextHops: ["fd00:192:168:2::13"] } } : { metadata, spec },
  );
  const [answer] = await one.run({ own, claims: lonely });
  assertProgrammed(answer);
  assert.deepEqual(answer?.report?.status.peers, { known: 2, routed: 1 });
  const finding = answer.report?.findings.find(({ type }) => type === "PeersUnrouted");
  assert.match(
    finding?.message ?? "",
    /no tunnel joins IPv4 of this node and IPv6 of Node node-3; give both Nodes an InternalIP of one family/,
  );
});

test("whatever somebody changes in a tunnel is seen and repaired, in one run; without tunnels nothing of them stays", async (t) => {
  const [one] = await threeNodes(t);
  const wanted = view(1, { 1: otherSubnets, 2: otherSubnets, 3: otherSubnets });
  await one.run(wanted);
  const text = async () =>
    Promise.all(
      [
        ["ip", "-d", "link", "show", "type", "vxlan"],
        ["ip", "-4", "-o", "address", "show", "dev", "podnet-vxlan4"],
        ["bridge", "fdb", "show", "dev", "podnet-vxlan4"],
        ["ip", "neighbor", "show", "nud", "permanent"],
        ["ip", "nexthop", "show"],
        ["ip", "-4", "route", "show", "proto", "244"],
        ["ip", "-6", "route", "show", "proto", "244"],
      ].map(async (argv) =>
        (await must(one.netns.exec, argv))
          .replace(/^\d+: /gm, "")
          .split("\n")
          .toSorted()
          .join("\n"),
      ),
    );
  const before = await text();
  const mac =
    /^([0-9a-f:]{17}) dst/.exec(await must(one.netns.exec, ["bridge", "fdb", "show", "dev", "podnet-vxlan4"]))?.[1] ?? "";
  const damages: readonly (readonly string[])[] = [
    ["ip", "link", "delete", "podnet-vxlan4"],
    ["ip", "link", "set", "podnet-vxlan4", "down"],
    ["ip", "link", "set", "podnet-vxlan4", "mtu", "1400"],
    ["ip", "address", "delete", "10.244.1.1/32", "dev", "podnet-vxlan4"],
    ["ip", "address", "add", "10.99.0.1/32", "dev", "podnet-vxlan4"],
    ["ip", "link", "set", "podnet-vxlan4", "address", "02:00:00:00:00:99"],
    ["bridge", "fdb", "delete", mac, "dev", "podnet-vxlan4", "self"],
    ["bridge", "fdb", "replace", mac, "dev", "podnet-vxlan4", "dst", "192.168.2.99", "self", "permanent"],
    ["bridge", "fdb", "append", "00:00:00:00:00:00", "dev", "podnet-vxlan4", "dst", "192.168.2.99", "self", "permanent"],
    ["ip", "neighbor", "delete", "10.244.3.1", "dev", "podnet-vxlan4"],
    ["ip", "neighbor", "replace", "10.244.3.1", "lladdr", "02:00:00:00:00:99", "dev", "podnet-vxlan4"],
    ["ip", "neighbor", "add", "10.244.9.1", "lladdr", "02:00:00:00:00:99", "dev", "podnet-vxlan4", "nud", "permanent"],
    ["ip", "route", "delete", "10.244.3.0/24"],
    ["ip", "nexthop", "flush", "proto", "244"],
  ];
  for (const damage of damages) {
    await must(one.netns.exec, damage);
    const [first, second] = await one.run(wanted, wanted);
    assertProgrammed(first);
    assert.notDeepEqual(stepsOf(first), [], damage.join(" "));
    assert.deepEqual(stepsOf(second), [], damage.join(" "));
    assert.deepEqual(await text(), before, damage.join(" "));
  }
  const none = view(1, {});
  const [, first, second, third, last] = await one.runWith({ stepMs: 4_000 }, wanted, none, none, none, none);
  const removed = [first, second, third].map((answer) => stepsOf(answer).filter((step) => step === "remove link podnet-vxlan4"));
  assert.deepEqual(removed, [[], [], []], "they stay a while for nodes that hear of it later");
  assert.deepEqual([first?.againAfterMs, third?.againAfterMs, last?.againAfterMs], [10_000, 2_000, undefined]);
  assert.ok(stepsOf(last).includes("remove link podnet-vxlan4"));
  assert.equal(await must(one.netns.exec, ["ip", "link", "show", "type", "vxlan"]), "");
  assert.doesNotMatch(await must(one.netns.exec, ["ip", "neighbor", "show", "nud", "permanent"]), /podnet/);
});

test("a pod can send neither into a tunnel by hand nor with an address that is not its node's to give; nor can a stranger", async (t) => {
  const nodes = await threeNodes(t);
  await program(nodes, (n) => view(n, { 1: otherSubnets, 2: otherSubnets, 3: otherSubnets }));
  const pod = await addPod(t, nodes[0].runtime, "pod-1");
  const target = await addPod(t, nodes[2].runtime, "pod-3");
  const received = async () => {
    const text = await must(nodes[2].netns.exec, ["ip", "-s", "-j", "link", "show", "dev", "podnet-vxlan4"]);
    return (JSON.parse(text) as { stats64: { rx: { packets: number } } }[])[0]?.stats64.rx.packets;
  };
  const ping = (address: string) =>
    pod.netns.exec.run(["busybox", "ping", "-c", "1", "-W", "1", "-I", address, target.addresses[0] ?? ""]);
  assert.equal((await ping(pod.addresses[0] ?? "")).status, 0);
  const before = await received();
  await ip(pod.netns.exec, "address add 192.168.1.12/32 dev lo", "address add 10.244.2.9/32 dev lo");
  for (const address of ["192.168.1.12", "10.244.2.9"]) {
    await ping(address);
    assert.equal(await received(), before, address);
  }
  // What a node sends, sent by hand: by a node, by a host that is none, and by a pod. What comes from the pod is counted before anything of ours looks at it.
  const count =
    "table inet seen {\n chain c {\n type filter hook prerouting priority -400;\n ip saddr 10.244.1.2 udp dport 4789 counter\n }\n}\n";
  await must(nodes[2].netns.exec, ["nft", "-f", "-"], count);
  const node = nodes[1].netns.exec;
  await ip(node, "address add 192.168.1.66/24 dev eth0");
  const mac =
    /link\/ether (\S+)/.exec(await must(nodes[2].netns.exec, ["ip", "link", "show", "dev", "podnet-vxlan4"]))?.[1] ?? "";
  const send = async (exec: Exec, local: string) => {
    await ip(
      exec,
      `link add fake type vxlan id 244 dstport 4790 nolearning local ${local}`,
      "link set fake up",
      "address add 10.9.9.1/24 dev fake",
    );
    await must(exec, [
      "bridge",
      "fdb",
      "replace",
      mac,
      "dev",
      "fake",
      "dst",
      "192.168.2.13",
      "port",
      "4789",
      "self",
      "permanent",
    ]);
    await ip(exec, `neighbor replace 10.9.9.2 lladdr ${mac} dev fake nud permanent`);
    await exec.run(["busybox", "ping", "-c", "2", "-W", "1", "10.9.9.2"]);
    await ip(exec, "link delete fake");
  };
  await send(node, "192.168.1.12");
  const after = await received();
  assert.ok(after !== before, "a node's packets come in");
  await send(node, "192.168.1.66");
  await send(pod.netns.exec, pod.addresses[0] ?? "");
  assert.equal(await received(), after);
  const seen = () => must(nodes[2].netns.exec, ["nft", "list", "table", "inet", "seen"]);
  assert.match(await seen(), /counter packets 0 /);
  await must(nodes[0].netns.exec, ["nft", "delete", "table", "inet", "podnet"]);
  await ping("10.244.2.9");
  assert.ok((await received()) !== after, "without the rules an address of another node's goes out");
  await send(pod.netns.exec, pod.addresses[0] ?? "");
  assert.match(await seen(), /counter packets [1-9]/, "and so does what is made by hand");
});
