import assert from "node:assert/strict";
import { test } from "node:test";
import { dualSpec, nodeFacts, ownNetwork } from "../../test/support/node-view.ts";
import { nodeSysctls } from "./sysctls.ts";

function settings(...args: Parameters<typeof nodeSysctls>): string[] {
  return nodeSysctls(...args).map(({ path, value }) => `${path}=${value}`);
}

test("a node of both families has the settings of both, forwarding last", () => {
  assert.deepEqual(settings(ownNetwork(dualSpec()), nodeFacts(["192.168.1.12"])), [
    "net/ipv4/conf/all/send_redirects=0",
    "net/ipv4/conf/cni0/send_redirects=0",
    "net/ipv4/conf/cni0/accept_redirects=0",
    "net/ipv6/conf/cni0/disable_ipv6=0",
    "net/ipv6/conf/cni0/accept_ra=0",
    "net/ipv6/conf/cni0/accept_redirects=0",
    "net/bridge/bridge-nf-call-iptables=1",
    "net/bridge/bridge-nf-call-ip6tables=1",
    "net/ipv4/ip_forward=1",
    "net/ipv4/conf/cni0/forwarding=1",
    "net/ipv4/conf/eth0/forwarding=1",
    "net/ipv6/conf/all/forwarding=1",
  ]);
});

test("a node without IPv6 pods keeps its IPv6 settings", () => {
  assert.deepEqual(
    settings(ownNetwork(), nodeFacts([], { acceptingRa: ["eth0"] })).filter(
      (line) => line.includes("ipv6") || line.includes("ip6"),
    ),
    [],
  );
});

test("an uplink that lives on router advertisements is told to go on before it forwards", () => {
  const lines = settings(ownNetwork(dualSpec()), nodeFacts([], { acceptingRa: ["eth0"] }));
  const [listens, forwards] = ["net/ipv6/conf/eth0/accept_ra=2", "net/ipv6/conf/all/forwarding=1"].map((line) =>
    lines.indexOf(line),
  );
  assert.ok(listens !== undefined && forwards !== undefined && listens >= 0 && listens < forwards);
});

test("settings of a kernel without br_netfilter are not asked for", () => {
  assert.ok(
    !settings(ownNetwork(dualSpec()), nodeFacts([], { bridgeNetfilter: false })).some((line) => line.includes("bridge-nf")),
  );
});

test("every device that leads to another node forwards", () => {
  const nextHops = new Map([["10.0.0.2", { reach: "OnLink" as const, device: "eth1", mtu: 1500 }]]);
  assert.ok(settings(ownNetwork(), nodeFacts([], { nextHops })).includes("net/ipv4/conf/eth1/forwarding=1"));
});

test("no setting is asked for twice", () => {
  const paths = nodeSysctls(ownNetwork(dualSpec()), nodeFacts(["192.168.1.12", "192.168.1.13"])).map(({ path }) => path);
  assert.equal(new Set(paths).size, paths.length);
});
