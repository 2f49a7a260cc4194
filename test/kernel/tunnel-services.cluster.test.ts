// Datagrams through tunnels, also those to which rules of Services gave other addresses before: they arrive whole, and those rules never see the tunnel's own packets.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type AgentNode, agentNode, assertProgrammed, viewOf } from "../support/agent-node.ts";
import { addPod, type Pod } from "../support/cni.ts";
import { answerDatagrams, askDatagrams, type Place } from "../support/datagrams.ts";
import { must, type Netns } from "../support/netns.ts";
import { makeRoutedSites } from "../support/node-site.ts";
import { active, dualClaims, dualSpec } from "../support/node-view.ts";

const [port, ownPort] = [7001, 40_000];
const service = ["10.96.0.10", "fd00:10:96::10"] as const;
const routing = { mode: "VXLAN", tunnelTo: "OtherSubnets", port: 4789 } as const;

/** In one packet, of which the checksum is left to the device; and in fragments, with one that is made before. */
const sizes = [1_000, 4_000];

/** Two nodes with a router between them that lets no address of pods pass, as those of clouds do not; `families`: those of the nodes' addresses. */
async function ground(t: TestContext, families: readonly number[]) {
  const [left, right, router] = await makeRoutedSites(t);
  const ranges = ["ip saddr 10.244.0.0/16 drop", "ip6 saddr fd00:10:244::/48 drop"];
  const chain = `chain c {\n  type filter hook forward priority 0;\n  ${ranges.join("\n  ")}\n }`;
  await must(router.exec, ["nft", "-f", "-"], `table inet cloud {\n ${chain}\n}\n`);
  const addressesOf = (n: number) => families.map((family) => [`192.168.${n}.11`, `fd00:192:168:${n}::11`][family] ?? "");
  const claims = [1, 2].flatMap((n) =>
    dualClaims(n).map(({ metadata, spec }) => {
      const own = addressesOf(n);
      return { metadata, spec: { ...spec, nextHops: own, nodeAddresses: own, routing } };
    }),
  );
  const programmed = async (n: number, netns: Netns): Promise<AgentNode> => {
    const node = await agentNode(t, `node-${n}`, netns);
    const subnets = active(`10.244.${n}.0/24`, `fd00:10:244:${n}::/64`);
    const spec = dualSpec({ nodeUID: `uid-node-${n}`, subnets, nodeAddresses: addressesOf(n), routing });
    assertProgrammed((await node.run(viewOf(spec, claims)))[0]);
    return node;
  };
  const [one, two] = [await programmed(1, await left.plug("node-1", 11)), await programmed(2, await right.plug("node-2", 11))];
  const [asker, answerer] = [await addPod(t, one.runtime, "asker"), await addPod(t, two.runtime, "answerer")];
  await answerDatagrams(t, answerer.netns, answerer.addresses, [port]);
  return { one, asker, answerer };
}

/** What kube-proxy does for a Service whose callers are masqueraded, in the way that it did before 1.19: the mark stays on the packet, and so on the one that carries it through a tunnel. */
async function addService(node: Netns, pod: Pod): Promise<void> {
  for (const [n, address] of pod.addresses.entries()) {
    const [family, to] = n === 0 ? ["ip", `${address}:${port}`] : ["ip6", `[${address}]:${port}`];
    const there = `${family} daddr ${service[n]} udp dport ${port} meta mark set meta mark or 0x4000 dnat to ${to}`;
    const back = "meta mark & 0x4000 == 0x4000 masquerade fully-random";
    const text = [
      `table ${family} service {`,
      " counter tunnel {\n }",
      ` chain there {\n  type nat hook prerouting priority dstnat;\n  ${there}\n }`,
      ` chain back {\n  type nat hook postrouting priority srcnat;\n  udp dport 4789 counter name tunnel\n  ${back}\n }`,
      "}\n",
    ];
    await must(node.exec, ["nft", "-f", "-"], text.join("\n"));
  }
}

/** How many packets of tunnels the rules of the Service saw. */
async function tunnelsSeen(node: Netns, family: number): Promise<number> {
  const text = await must(node.exec, ["nft", "list", "counter", family === 0 ? "ip" : "ip6", "service", "tunnel"]);
  return Number(/packets (\d+)/.exec(text)?.[1]);
}

/** Datagrams that a host refused for their checksum. */
async function refused(host: Netns): Promise<number> {
  const text = await must(host.exec, ["cat", "/proc/net/snmp", "/proc/net/snmp6"]);
  const [names = "", values = ""] = text.split("\n").filter((line) => line.startsWith("Udp: "));
  const four = values.split(" ")[names.split(" ").indexOf("InCsumErrors")];
  return Number(four) + Number(/^Udp6InCsumErrors\s+(\d+)/m.exec(text)?.[1]);
}

for (const families of [[0, 1], [1]])
  test(`datagrams, also of a Service that masquerades, arrive whole through a tunnel between addresses of IPv${families.includes(0) ? 4 : 6}, and answers come back through it`, async (t) => {
    const { one, asker, answerer } = await ground(t, families);
    await addService(one.netns, answerer);
    const places = [...answerer.addresses, ...service].map((address): Place => [address, port]);
    for (const bytes of sizes) {
      const taken = await askDatagrams(asker.netns, ownPort, places, bytes);
      assert.deepEqual(
        taken.slice(0, 2),
        asker.addresses.map((address) => ({ address, port: ownPort })),
        `${bytes} bytes`,
      );
      const masked = taken.slice(2).map((one) => one?.address);
      assert.deepEqual(masked, ["10.244.1.1", "fd00:10:244:1::1"], `${bytes} bytes by the Service`);
    }
    assert.deepEqual([await refused(asker.netns), await refused(answerer.netns)], [0, 0]);
    const [outer = 0] = families;
    assert.equal(
      await tunnelsSeen(one.netns, outer),
      0,
      "no rule for connections sees what carries them: kernels before 5.7 would make its checksum wrong",
    );
    await must(one.netns.exec, ["nft", "flush", "chain", "inet", "podnet", "untracked_out"]);
    await askDatagrams(asker.netns, ownPort + 1, places);
    assert.ok((await tunnelsSeen(one.netns, outer)) > 0, "but without ours they do");
  });
