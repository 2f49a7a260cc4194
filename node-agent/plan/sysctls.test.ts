import assert from "node:assert/strict";
import { test } from "node:test";
import { dualSpec, nodeFacts, ownNetwork } from "../../test/support/node-view.ts";
import { tunnelSample } from "../../test/support/tunnel-sample.ts";
import type { VxlanLink } from "../../lib/linux/kinds/link.ts";
import type { NodeFacts } from "./node-facts.ts";
import type { OwnNetwork } from "./own-network.ts";
import { nodeSysctls } from "./sysctls.ts";

function settings(own: OwnNetwork, facts: NodeFacts, tunnels: readonly VxlanLink[] = []): string[] {
  return nodeSysctls(own, facts, tunnels).map(({ path, value }) => `${path}=${value}`);
}

test("a node of both families has the settings of both, forwarding last", () => {
  assert.deepEqual(settings(ownNetwork(dualSpec()), nodeFacts(["192.168.1.12"])), [
    "net/ipv4/conf/all/send_redirects=0",
    "net/ipv4/conf/cni0/send_redirects=0",
    "net/ipv4/conf/cni0/accept_redirects=0",
    "net/ipv6/conf/cni0/disable_ipv6=0",
    "net/ipv6/conf/cni0/accept_ra=0",
    "net/ipv6/conf/cni0/accept_redirects=0",
    "net/ipv6/conf/cni0/accept_dad=0",
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

const tunnel = tunnelSample();

test("a tunnel forwards, takes what comes by another way than it would go, and neither redirects nor advertisements", () => {
  const lines = settings(ownNetwork(dualSpec()), nodeFacts([]), [tunnel]).filter((line) => line.includes("podnet-vxlan4"));
  assert.deepEqual(lines, [
    "net/ipv4/conf/podnet-vxlan4/rp_filter=0",
    "net/ipv4/conf/podnet-vxlan4/send_redirects=0",
    "net/ipv4/conf/podnet-vxlan4/accept_redirects=0",
    "net/ipv6/conf/podnet-vxlan4/disable_ipv6=0",
    "net/ipv6/conf/podnet-vxlan4/accept_ra=0",
    "net/ipv6/conf/podnet-vxlan4/accept_redirects=0",
    "net/ipv4/conf/podnet-vxlan4/forwarding=1",
  ]);
});

test("no setting is asked for twice", () => {
  const paths = settings(ownNetwork(dualSpec()), nodeFacts(["192.168.1.12", "192.168.1.13"]), [tunnel]).map(
    (line) => line.split("=")[0],
  );
  assert.equal(new Set(paths).size, paths.length);
});
