import assert from "node:assert/strict";
import { test } from "node:test";
import { hasBridgeNetfilter, observeNeighborLimits } from "../../lib/linux/facts.ts";
import { observeBridgePorts } from "../../lib/linux/bridge-ports.ts";
import { observeForwardHooks } from "../../lib/linux/firewall.ts";
import { observeForeignRoutes } from "../../lib/linux/foreign-routes.ts";
import { observeNextHops } from "../../lib/linux/next-hop.ts";
import { commandWorld } from "../../lib/linux/command-world.ts";
import { type RouteItem, routeKind } from "../../lib/linux/kinds/route.ts";
import { observeUplinks } from "../../lib/linux/uplink.ts";
import { converge } from "../../lib/reconcile/converge.ts";
import { closedForwardPaths } from "../../node-agent/plan/forward-path.ts";
import { hostRoutesOf } from "../../node-agent/plan/host-routes.ts";
import { toPrefix } from "../../lib/net/prefix.ts";
import { ip, makeNetns, must } from "../support/netns.ts";
import { makeRoutedSites } from "../support/node-site.ts";

test("each address is told apart: on the link, behind a router, one of our own, or out of reach", async (t) => {
  const { exec } = await makeNetns(t, "facts");
  await ip(
    exec,
    "link add eth0 type veth peer name wire",
    "link set eth0 mtu 1450 up",
    "link set wire up",
    "address add 192.168.1.11/24 dev eth0",
    "address add fd00:192:168:1::11/64 dev eth0 nodad",
    "route add 10.51.0.0/16 via 192.168.1.254 mtu 9000",
    "route add 10.52.0.0/16 via inet6 fd00:192:168:1::fe dev eth0",
    "route add fd00:50::/32 via fd00:192:168:1::fe",
    "route add unreachable 10.53.0.0/16",
  );
  const onLink = { reach: "OnLink", device: "eth0", mtu: 1450 } as const;
  const viaGateway = { reach: "ViaGateway", device: "eth0", mtu: 1450 } as const;
  const four = { source: "192.168.1.11" };
  const six = { source: "fd00:192:168:1::11" };
  const wanted = new Map([
    ["192.168.1.12", { ...onLink, ...four }],
    ["203.0.113.1", { reach: "None", problem: "RTNETLINK answers: Network is unreachable" }],
    ["10.51.0.1", { ...viaGateway, gateway: "192.168.1.254", ...four }],
    ["10.52.0.1", { ...viaGateway, gateway: "fd00:192:168:1::fe", ...four }],
    ["10.53.0.1", { reach: "None", problem: "RTNETLINK answers: No route to host" }],
    ["192.168.1.11", { reach: "Local" }],
    ["fd00:192:168:1::12", { ...onLink, ...six }],
    ["fd00:50::1", { ...viaGateway, gateway: "fd00:192:168:1::fe", ...six }],
    ["2001:db8::1", { reach: "None", problem: "RTNETLINK answers: Network is unreachable" }],
    ["fd00:192:168:1::11", { reach: "Local" }],
  ]);
  assert.deepEqual(await observeNextHops(exec, [...wanted.keys()]), wanted);
  assert.deepEqual(await observeNextHops(exec, []), new Map());
});

test("what the kernel has learned of a path for a while is not its MTU, and hides none that the route was given", async (t) => {
  const [left, right, router] = await makeRoutedSites(t);
  const { exec } = await left.plug("node", 11);
  await right.plug("far", 13);
  await right.plug("farther", 14);
  await ip(
    exec,
    "route add 192.168.2.14 via 192.168.1.254 mtu 1450",
    "route add fd00:192:168:2::14 via fd00:192:168:1::254 mtu 1450",
  );
  await ip(router.exec, "link set eth2 mtu 1300");
  const far = ["192.168.2.13", "fd00:192:168:2::13"];
  const given = ["192.168.2.14", "fd00:192:168:2::14"];
  for (const address of [...far, ...given]) {
    await exec.run(["busybox", "ping", "-c", "1", "-W", "1", "-s", "1380", address]);
    assert.match(await must(exec, ["ip", "route", "get", address]), /expires .*mtu 1300/, "the kernel has learned it");
  }
  const hops = await observeNextHops(exec, [...far, "203.0.113.1", ...given]);
  const mtus = [...far, ...given].map((address) => [hops.get(address)].map((hop) => hop && "mtu" in hop && hop.mtu)[0]);
  assert.deepEqual(mtus, [1500, 1500, 1450, 1450]);
});

test("a link of somebody else keeps nothing from being seen, whatever its name; one that leads to a peer is told", async (t) => {
  const { exec } = await makeNetns(t, "facts");
  await ip(exec, "link add eth0 type veth peer name wire", "link set eth0 up", "link set wire up");
  await ip(exec, "address add 192.168.1.11/24 dev eth0");
  for (const [number, name] of ["it's", "#1", "a;b", "-x", 'a"b'].entries()) {
    await must(exec, ["ip", "link", "add", "name", name, "type", "veth"]);
    await must(exec, ["ip", "link", "set", "dev", name, "up"]);
    await must(exec, ["ip", "address", "add", `172.${20 + number}.0.1/16`, "dev", name]);
  }
  assert.deepEqual(await observeUplinks(exec, ["192.168.1.11"]), [{ address: "192.168.1.11", device: "eth0", mtu: 1500 }]);
  const hops = await observeNextHops(exec, ["192.168.1.12", "172.20.0.12"]);
  assert.equal(hops.get("192.168.1.12")?.reach, "OnLink");
  assert.deepEqual(hops.get("172.20.0.12"), {
    reach: "None",
    problem: `its device "it's" has a name that cannot stand in a command; give the link another name`,
  });
  await assert.rejects(observeUplinks(exec, ["172.20.0.1"]), /field "ifname" is "it's", expected the name of an interface/);
  const route: RouteItem = { prefix: "10.244.2.0/24", via: "192.168.1.12", device: "eth0" };
  assert.deepEqual((await converge(routeKind, [route], commandWorld(routeKind, exec))).errors, []);
});

test("5,000 next hops are looked up by one process", async (t) => {
  const { exec } = await makeNetns(t, "facts");
  await ip(
    exec,
    "link add eth0 type veth peer name wire",
    "link set eth0 up",
    "link set wire up",
    "address add 10.0.0.1/8 dev eth0",
  );
  const addresses = Array.from({ length: 5000 }, (_, n) => `10.1.${n >> 8}.${n & 255}`);
  const start = performance.now();
  const hops = await observeNextHops(exec, addresses);
  t.diagnostic(`5,000 next hops looked up: ${Math.round(performance.now() - start)} ms`);
  assert.deepEqual([...hops.keys()], addresses);
  assert.ok([...hops.values()].every((hop) => hop.reach === "OnLink"));
});

test("a kernel with br_netfilter has its folder of settings, one without has not", async () => {
  assert.equal(await hasBridgeNetfilter("/proc/sys"), true, "the tests' machine has to have br_netfilter");
  assert.equal(await hasBridgeNetfilter("/nowhere"), false);
});

test("a kernel tells how many neighbors it keeps; where it does not, nothing is known", async () => {
  const limits = await observeNeighborLimits("/proc/sys");
  assert.deepEqual([...limits.keys()], [4, 6]);
  for (const limit of limits.values()) assert.ok(limit >= 1, String(limit));
  assert.deepEqual(await observeNeighborLimits("/nowhere"), new Map());
});

test("foreign routes are those without our mark, of both families, be they of a link, static, or without a device", async (t) => {
  const { exec } = await makeNetns(t, "foreign");
  await ip(
    exec,
    "link add eth0 type veth peer name wire",
    "link set eth0 up",
    "link set wire up",
    "address add 192.168.1.11/24 dev eth0",
    "address add fd00:192:168:1::11/64 dev eth0 nodad",
    "route add default via 192.168.1.254",
    "route add 10.51.0.0/16 via 192.168.1.254",
    "route add unreachable 10.53.0.0/16",
    "route add 10.244.2.0/24 via 192.168.1.12 proto 244",
    "route add fd00:10:244:2::/64 via fd00:192:168:1::12 proto 244",
    "route add fd00:50::/32 via fd00:192:168:1::fe",
  );
  const seen = hostRoutesOf(await observeForeignRoutes(exec), ["cni0"]);
  assert.deepEqual(seen, [
    { cidr: "10.51.0.0/16", device: "eth0" },
    { cidr: "10.53.0.0/16" },
    { cidr: "192.168.1.0/24", device: "eth0" },
    { cidr: "fd00:50::/32", device: "eth0" },
    { cidr: "fd00:192:168:1::/64", device: "eth0" },
  ]);
});

test("a firewall that closes the way of pods' packets is found, and is not any more when the commands of its remedy have run", async (t) => {
  const { exec } = await makeNetns(t, "facts");
  const path = { bridge: "cni0", subnets: [toPrefix("10.244.1.0/24")], uplink: "eth0" };
  const closed = async () => closedForwardPaths(await observeForwardHooks(exec), path);
  const ours = "table inet podnet {\n chain c {\n type filter hook forward priority 0; policy drop;\n }\n}\n";
  await must(exec, ["nft", "-f", "-"], ours);
  assert.deepEqual(await closed(), []);
  const theirs =
    "table inet site {\n chain passing {\n type filter hook forward priority 0; policy drop;\n ct state established accept\n }\n}\n";
  await must(exec, ["nft", "-f", "-"], theirs);
  const [found = ""] = await closed();
  assert.match(found, /^the firewall's chain inet site passing \(policy drop\) drops packets of pods/);
  const commands = Array.from(found.matchAll(/"([^"]+)"/g), ([, command = ""]) => command.split(" "));
  assert.equal(commands.length, 2);
  for (const command of commands) {
    assert.notDeepEqual(await closed(), []);
    await must(exec, command);
  }
  assert.deepEqual(await closed(), []);
});

test("the ports of a bridge are seen with their MTU, and of one that is not there none", async (t) => {
  const { exec } = await makeNetns(t, "facts");
  await ip(exec, "link add cni0 type bridge", "link add veth0 mtu 1400 type veth peer name pod0", "link set veth0 master cni0");
  assert.deepEqual(await observeBridgePorts(exec, "cni0"), [{ name: "veth0", mtu: 1400 }]);
  assert.deepEqual(await observeBridgePorts(exec, "cni1"), []);
});
