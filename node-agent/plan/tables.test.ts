import assert from "node:assert/strict";
import { test } from "node:test";
import { claimObject, claimsOf, dualClaims, dualSpec, ownNetwork, ownSpec } from "../../test/support/node-view.ts";
import type { TableItem } from "../../lib/linux/kinds/table.ts";
import type { Claim } from "./claim.ts";
import type { OwnNetwork } from "./own-network.ts";
import { tunnelSample } from "../../test/support/tunnel-sample.ts";
import { nodeTables } from "./tables.ts";

const tablesOf = (own: OwnNetwork, claims: readonly Claim[]) => nodeTables(own, claims, []);

function elementsOf(name: string, ...args: Parameters<typeof tablesOf>): readonly string[] | undefined {
  return tablesOf(...args)
    .flatMap((table) => table.sets)
    .find((set) => set.name === name)?.elements;
}

const chain = (tables: readonly TableItem[], name: string) =>
  tables.flatMap(({ chains }) => chains).find((one) => one.name === name);
const setNames = (tables: readonly TableItem[]) =>
  tables.filter(({ family }) => family === "inet").flatMap(({ sets }) => sets.map(({ name }) => name));

test("one rule per family masquerades what this node's pods send out", () => {
  const tables = tablesOf(ownNetwork(dualSpec()), claimsOf([...dualClaims(1), ...dualClaims(2)]));
  assert.deepEqual(chain(tables, "postrouting"), {
    name: "postrouting",
    hook: "type nat hook postrouting priority srcnat; policy accept;",
    rules: [
      'ip saddr @local4 ip daddr != @pods4 ip daddr != @nodes4 ip daddr != 224.0.0.0/4 oifname != "cni0" masquerade fully-random',
      'ip6 saddr @local6 ip6 daddr != @pods6 ip6 daddr != @nodes6 ip6 daddr != ff00::/8 oifname != "cni0" masquerade fully-random',
    ],
  });
  assert.deepEqual(setNames(tables), ["local4", "local6", "pods4", "pods6", "nodes4", "nodes6"]);
});

test("a node of one family masquerades nothing of the other, and lets no pod send any of it", () => {
  const tables = tablesOf(ownNetwork(), claimsOf(dualClaims(2)));
  assert.equal(chain(tables, "postrouting")?.rules.length, 1);
  assert.deepEqual(setNames(tables), ["local4", "local6", "pods4", "nodes4"]);
  assert.deepEqual(elementsOf("local6", ownNetwork(), []), []);
});

test("what the network excludes is reached without masquerading, in its own family", () => {
  const own = ownNetwork(dualSpec({ masquerade: { enabled: true, exclude: ["10.0.0.0/8", "10.1.0.0/16"] } }));
  const rules = chain(tablesOf(own, []), "postrouting")?.rules ?? [];
  assert.deepEqual(
    rules.map((rule) => rule.includes("daddr != @excluded")),
    [true, false],
  );
  assert.deepEqual(elementsOf("excluded4", own, []), ["10.0.0.0/8"]);
  assert.equal(elementsOf("excluded6", own, []), undefined);
});

test("pods send with addresses of this node's subnets only, never to its loopback, and nothing that a router or a DHCP server says", () => {
  assert.deepEqual(chain(tablesOf(ownNetwork(), []), "from_pods")?.rules, [
    'iifname "cni0" ip saddr != @local4 drop',
    'iifname "cni0" ip6 saddr != @local6 ip6 saddr != { ::, fe80::/10 } drop',
    'iifname "cni0" ip daddr 127.0.0.0/8 drop',
    'iifname "cni0" icmpv6 type { nd-router-advert, nd-redirect } drop',
    'iifname "cni0" udp sport 67 udp dport 68 drop',
    'iifname "cni0" udp sport 547 udp dport 546 drop',
  ]);
});

test("no pod says that it is a gateway of its node, in either family, nor hides it behind a tag", () => {
  const [, bridge, ...others] = tablesOf(ownNetwork(dualSpec()), []);
  assert.deepEqual(others, []);
  assert.deepEqual(bridge, {
    family: "bridge",
    sets: [
      { name: "gateways4", type: "ipv4_addr", flags: [], elements: ["10.244.1.1"] },
      { name: "gateways6", type: "ipv6_addr", flags: [], elements: ["fd00:10:244:1::1"] },
    ],
    chains: [
      {
        name: "from_pods",
        hook: "type filter hook prerouting priority filter; policy accept;",
        rules: [
          'iifname "veth*" vlan id 0 vlan type { ip, arp, 8021q, ip6, 8021ad } drop',
          'iifname "veth*" ether type 8021ad vlan id 0 vlan type { ip, arp, 8021q, ip6, 8021ad } drop',
          'iifname "veth*" arp saddr ip @gateways4 drop',
          'iifname "veth*" ip saddr @gateways4 drop',
          'iifname "veth*" ip6 saddr @gateways6 drop',
          'iifname "veth*" icmpv6 type nd-neighbor-advert @th,64,128 0xfd000010024400010000000000000001 drop',
        ],
      },
    ],
  });
});

test("what tunnels carry comes from nodes, never from pods, and no rule for connections sees it", () => {
  const tunnels = [4, 6].map((family) => {
    const local = family === 4 ? "192.168.1.11" : "fd00:192:168:1::11";
    return tunnelSample({ name: `podnet-vxlan${family}`, tunnel: { id: 244, port: 8472, local } });
  });
  const tables = nodeTables(ownNetwork(ownSpec({ masquerade: { enabled: false } })), claimsOf([claimObject(2)]), tunnels);
  assert.deepEqual(chain(tables, "from_pods")?.rules.slice(6), [
    'iifname "cni0" ip daddr @nodes4 meta l4proto 17 @th,96,24 0xf4 drop',
    'iifname "cni0" ip6 daddr @nodes6 meta l4proto 17 @th,96,24 0xf4 drop',
  ]);
  assert.deepEqual(chain(tables, "to_tunnels")?.rules, [
    "ip saddr != @nodes4 udp dport 8472 @th,96,24 0xf4 drop",
    "ip6 saddr != @nodes6 udp dport 8472 @th,96,24 0xf4 drop",
  ]);
  assert.equal(chain(tables, "untracked_in")?.rules[0], "ip saddr @nodes4 udp dport 8472 @th,96,24 0xf4 notrack");
  assert.equal(chain(tables, "untracked_out")?.rules[0], "ip daddr @nodes4 meta l4proto 17 @th,96,24 0xf4 notrack");
  assert.deepEqual(setNames(tables), ["local4", "local6", "nodes4", "nodes6"]);
});

test("the ranges of all networks, and claims outside of any range, count as pods", () => {
  const own = ownNetwork(ownSpec({ podRanges: ["10.244.0.0/16", "10.9.0.0/16", "10.244.128.0/17"] }));
  const claims = claimsOf([claimObject(2), claimObject(3, { cidr: "10.77.3.0/24" })]);
  assert.deepEqual(elementsOf("pods4", own, claims), ["10.9.0.0/16", "10.77.3.0/24", "10.244.0.0/16"]);
});

test("every address of every node counts as a node, each once", () => {
  const claims = claimsOf([
    claimObject(2, { nodeAddresses: ["192.168.1.12", "172.16.0.2"] }),
    claimObject(2, { cidr: "10.244.22.0/24", nextHops: ["192.168.1.112"] }),
  ]);
  assert.deepEqual(elementsOf("nodes4", ownNetwork(), claims), ["192.168.1.11", "192.168.1.12", "172.16.0.2", "192.168.1.112"]);
});

test("without masquerading nothing is said of pods elsewhere", () => {
  const tables = tablesOf(ownNetwork(ownSpec({ masquerade: { enabled: false } })), claimsOf([claimObject(2)]));
  assert.deepEqual(setNames(tables), ["local4", "local6"]);
  assert.equal(chain(tables, "postrouting"), undefined);
});
