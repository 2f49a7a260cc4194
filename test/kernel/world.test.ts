import type { TestContext } from "node:test";
import { commandWorld } from "../../lib/linux/command-world.ts";
import { addressKindOn } from "../../lib/linux/kinds/address.ts";
import { fdbKindOn } from "../../lib/linux/kinds/fdb.ts";
import { linkKind } from "../../lib/linux/kinds/link.ts";
import { neighborKindOn } from "../../lib/linux/kinds/neighbor.ts";
import { nexthopKind } from "../../lib/linux/kinds/nexthop.ts";
import { routeKind } from "../../lib/linux/kinds/route.ts";
import { type TableItem, tableKind } from "../../lib/linux/kinds/table.ts";
import { ip, makeNetns } from "../support/netns.ts";
import { tunnelSample } from "../support/tunnel-sample.ts";
import { testWorldContract } from "../support/world-contract.ts";

async function uplinkExec(t: TestContext) {
  const { exec } = await makeNetns(t, "world");
  await ip(
    exec,
    "link add u0 type veth peer name u1",
    "link set u0 up",
    "link set u1 up",
    "address add 192.168.1.11/24 dev u0",
    "address add fd00:192:168:1::11/64 dev u0 nodad",
    "link add cni0 type bridge",
    "link set cni0 alias podnet up",
  );
  return exec;
}

const cni0 = { name: "cni0", type: "bridge", mac: "02:00:00:00:00:01", mtu: 1500, up: true } as const;

testWorldContract(
  {
    kind: linkKind,
    first: cni0,
    second: { ...cni0, name: "cni1", mac: "02:00:00:00:00:02", up: false },
    changed: { ...cni0, mac: "02:00:00:00:00:03", mtu: 1400 },
    impossible: { ...cni0, name: "a-name-that-is-too-long" },
  },
  async (t) => commandWorld(linkKind, (await makeNetns(t, "world")).exec),
);

const tunnel = tunnelSample();

testWorldContract(
  {
    kind: linkKind,
    first: tunnel,
    second: { ...tunnel, name: "podnet-vxlan6", tunnel: { ...tunnel.tunnel, local: "fd00:192:168:1::11" } },
    changed: { ...tunnel, mtu: 1400, tunnel: { ...tunnel.tunnel, port: 8472 } },
    impossible: { ...tunnel, name: "podnet-vxlan-of-6" },
  },
  async (t) => commandWorld(linkKind, (await makeNetns(t, "world")).exec),
);

/** A node with both tunnels. */
async function tunnelExec(t: TestContext) {
  const exec = await uplinkExec(t);
  await ip(
    exec,
    "link add podnet-vxlan4 type vxlan id 244 dstport 4789 nolearning local 192.168.1.11",
    "link add podnet-vxlan6 type vxlan id 244 dstport 4789 nolearning local fd00:192:168:1::11",
    "link set podnet-vxlan4 addrgenmode none up",
    "link set podnet-vxlan6 addrgenmode none up",
  );
  return exec;
}

const tunnels = ["podnet-vxlan4", "podnet-vxlan6"] as const;
const neighborKind = neighborKindOn(tunnels);
const fdbKind = fdbKindOn(tunnels);

testWorldContract(
  {
    kind: neighborKind,
    first: { device: "podnet-vxlan4", address: "10.244.2.1", mac: "02:00:00:00:00:02" },
    second: { device: "podnet-vxlan6", address: "fe80::ff:fe00:2", mac: "02:00:00:00:00:02" },
    changed: { device: "podnet-vxlan4", address: "10.244.2.1", mac: "02:00:00:00:00:03" },
    impossible: { device: "nowhere", address: "10.244.3.1", mac: "02:00:00:00:00:03" },
  },
  async (t) => commandWorld(neighborKind, await tunnelExec(t)),
);

testWorldContract(
  {
    kind: fdbKind,
    first: { device: "podnet-vxlan4", mac: "02:00:00:00:00:02", to: "192.168.1.12" },
    second: { device: "podnet-vxlan6", mac: "02:00:00:00:00:02", to: "fd00:192:168:1::12" },
    changed: { device: "podnet-vxlan4", mac: "02:00:00:00:00:02", to: "192.168.1.12", port: 8472 },
    impossible: { device: "podnet-vxlan4", mac: "02:00:00:00:00:03", to: "fd00:192:168:1::12" },
  },
  async (t) => commandWorld(fdbKind, await tunnelExec(t)),
);

testWorldContract(
  {
    kind: addressKindOn([]),
    first: { device: "cni0", address: "10.244.1.1/24" },
    second: { device: "cni0", address: "fd00:10:244:1::1/64" },
    changed: { device: "cni0", address: "10.244.1.1/25" },
    impossible: { device: "nowhere", address: "10.244.9.1/24" },
  },
  async (t) => commandWorld(addressKindOn([]), await uplinkExec(t)),
);

testWorldContract(
  {
    kind: addressKindOn([]),
    first: { device: "cni0", address: "fd00:10:244:1::1/64" },
    second: { device: "cni0", address: "10.244.1.1/24" },
    changed: { device: "cni0", address: "fd00:10:244:1::1/80" },
    impossible: { device: "cni0", address: "10.244.7.1/33" },
  },
  async (t) => commandWorld(addressKindOn([]), await uplinkExec(t)),
);

for (const [first, changedVia, prefixes] of [
  ["192.168.1.12", "192.168.1.13", ["10.244.2.0/24", "10.244.3.0/24", "10.244.4.0/24"]],
  ["fd00:192:168:1::12", "fd00:192:168:1::13", ["fd00:10:244:2::/64", "fd00:10:244:3::/64", "fd00:10:244:4::/64"]],
] as const)
  testWorldContract(
    {
      kind: routeKind,
      first: { prefix: prefixes[0], via: first, device: "u0" },
      second: { prefix: prefixes[1], via: first, device: "u0" },
      changed: { prefix: prefixes[0], via: changedVia, device: "u0" },
      impossible: { prefix: prefixes[2], via: first.includes(":") ? "fd99::1" : "10.99.0.1", device: "u0" },
    },
    async (t) => commandWorld(routeKind, await uplinkExec(t)),
  );

for (const [prefix, via, source, other] of [
  ["10.244.2.0/24", "10.244.2.1", "10.244.1.1", "10.244.1.2"],
  ["fd00:10:244:2::/64", "fe80::ff:fe00:2", "fd00:10:244:1::1", "fd00:10:244:1::2"],
] as const) {
  const first = { prefix, via, device: "podnet-vxlan4", source, ...(via.includes(":") ? {} : { onlink: true }) };
  testWorldContract(
    {
      kind: routeKind,
      first,
      second: { ...first, prefix: prefix.replace("244.2.", "244.3.").replace(":2::", ":3::") },
      changed: { ...first, source: other },
      impossible: { ...first, prefix: prefix.replace("244.2.", "244.4.").replace(":2::", ":4::"), source: "10.99.9.9" },
    },
    async (t) => {
      const exec = await tunnelExec(t);
      for (const address of [source, other])
        await ip(exec, `address add ${address}/${prefix.includes(":") ? "64 nodad" : 24} dev cni0`);
      return commandWorld(routeKind, exec);
    },
  );
}

for (const [first, second, impossible] of [
  ["192.168.1.12", "192.168.1.13", "10.99.0.1"],
  ["fd00:192:168:1::12", "fd00:192:168:1::13", "fd99::1"],
] as const)
  testWorldContract(
    {
      kind: nexthopKind,
      first: { id: 5, via: first, device: "u0" },
      second: { id: 6, via: second, device: "u0" },
      changed: { id: 8, via: first, device: "u0" },
      impossible: { id: 7, via: impossible, device: "u0" },
    },
    async (t) => commandWorld(nexthopKind, await uplinkExec(t)),
  );

const inet: TableItem = {
  family: "inet",
  sets: [{ name: "pods", type: "ipv4_addr", flags: ["interval"], elements: ["10.244.0.0/16"] }],
  chains: [
    {
      name: "postrouting",
      hook: "type nat hook postrouting priority srcnat; policy accept;",
      rules: ["ip saddr @pods masquerade"],
    },
  ],
};

testWorldContract(
  {
    kind: tableKind,
    first: inet,
    second: {
      family: "bridge",
      sets: [],
      chains: [{ name: "forward", hook: "type filter hook forward priority filter; policy accept;", rules: [] }],
    },
    changed: {
      ...inet,
      sets: [{ name: "pods", type: "ipv4_addr", flags: ["interval"], elements: ["10.244.0.0/16", "10.1.0.0/24"] }],
    },
    impossible: { ...inet, chains: [{ name: "postrouting", rules: ["ip saddr @nowhere masquerade"] }] },
  },
  async (t) => commandWorld(tableKind, (await makeNetns(t, "world")).exec),
);
