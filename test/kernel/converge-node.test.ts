import assert from "node:assert/strict";
import { test } from "node:test";
import { convergeNode } from "../../lib/linux/converge-node.ts";
import { numberedPaths } from "../../lib/linux/kinds/nexthop.ts";
import type { RouteItem } from "../../lib/linux/kinds/route.ts";
import { explain } from "../../lib/reconcile/explain.ts";
import { sampleState } from "../support/node-sample.ts";
import { assertConverges, convergeInside, makeSite, problemsOf } from "../support/node-site.ts";
import { ip, must, type Netns } from "../support/netns.ts";

const nothing = { links: [], sysctls: [], addresses: [], routes: [], tables: [] };
const state = sampleState(1, [2, 3]);

/** All that others own on the node of these tests, as text. */
async function foreignText(node: Netns): Promise<string> {
  const shows = [
    ["ip", "-d", "link", "show", "dev", "docker0"],
    ["ip", "address", "show", "dev", "docker0"],
    ["ip", "address", "show", "dev", "eth0"],
    ...["-4", "-6"].flatMap((family) => ["static", "boot", "99"].map((proto) => ["ip", family, "route", "show", "proto", proto])),
    ["ip", "route", "show", "table", "100"],
    ["nft", "list", "table", "inet", "podnet-not"],
    ["nft", "list", "table", "ip", "podnet"],
  ];
  // The kernel itself ends an address's being tentative, a second or two after it came.
  const texts = (await Promise.all(shows.map((argv) => must(node.exec, argv)))).map((text) => text.replaceAll(" tentative", ""));
  return texts.join("\n").replaceAll(/(gc_timer|hello_timer|tcn_timer|topology_change_timer) +\S+/g, "");
}

async function addForeignState(node: Netns): Promise<void> {
  await ip(
    node.exec,
    "link add docker0 type bridge",
    "link set docker0 up alias mine",
    "address add 172.17.0.1/16 dev docker0",
    "route add 10.50.0.0/16 via 192.168.1.254 proto static",
    "route add 10.244.2.0/24 via 192.168.1.254 proto static metric 50",
    "route add 10.51.0.0/16 via 192.168.1.254",
    "route add fd00:50::/32 via fd00:192:168:1::fe proto static",
    "route add fd00:51::/32 via fd00:192:168:1::fe proto 99",
    "route add 10.244.99.0/24 via 192.168.1.254 proto 244 table 100",
  );
  const rules = "chain c { type filter hook input priority 0; ip saddr 10.0.0.1 counter accept\n}";
  await must(node.exec, ["nft", "-f", "-"], `table inet podnet-not {\n${rules}\n}\ntable ip podnet {\n${rules}\n}\n`);
}

test("a node becomes as wanted and as empty as wanted, and what others own stays as it was", async (t) => {
  const node = await (await makeSite(t)).plug("node-1", 11);
  await addForeignState(node);
  const before = await foreignText(node);
  await assertConverges(node, state);
  assert.equal(await foreignText(node), before);
  await assertConverges(node, { ...nothing });
  assert.equal(await foreignText(node), before);
  assert.deepEqual(
    await Promise.all(["-4", "-6"].map((family) => must(node.exec, ["ip", family, "route", "show", "proto", "244"]))),
    ["", ""],
  );
  assert.doesNotMatch(await must(node.exec, ["ip", "link", "show"]), /: (cni0|podnet)/);
});

test("the steps of a first run read as what was missing, kind by kind", async (t) => {
  const node = await (await makeSite(t)).plug("node-1", 11);
  await must(node.exec, ["nft", "-f", "-"], "table bridge podnet { }\n");
  await ip(node.exec, "route add 10.244.77.0/24 via 192.168.1.77 proto 244");
  const outcomes = await convergeInside(node, sampleState(1, [2]));
  assert.deepEqual(outcomes.flatMap(problemsOf), []);
  assert.equal(
    explain(outcomes.flatMap((outcome) => outcome.steps)),
    [
      "+ link cni0: missing",
      "~ sysctl net/ipv4/ip_forward: 0, wanted 1",
      "~ sysctl net/ipv6/conf/all/forwarding: 0, wanted 1",
      "~ sysctl net/ipv4/conf/cni0/send_redirects: 1, wanted 0",
      "+ address cni0 10.244.1.1: missing",
      "+ address cni0 fd00:10:244:1::1: missing",
      "+ nexthop 192.168.1.12 dev eth0: missing",
      "+ nexthop fd00:192:168:1::12 dev eth0: missing",
      "+ route 10.244.2.0/24: missing",
      "+ route fd00:10:244:2::/64: missing",
      "- route 10.244.77.0/24: not wanted",
      "+ table inet podnet: missing",
      "- table bridge podnet: not wanted",
      "",
    ].join("\n"),
  );
});

test("a bridge of somebody else under our name is neither changed nor used, and the rest is done", async (t) => {
  const node = await (await makeSite(t)).plug("node-1", 11);
  await ip(node.exec, "link add cni0 type bridge", "link set cni0 up", "address add 10.88.0.1/16 dev cni0");
  const show = () =>
    Promise.all(
      [
        ["ip", "link", "show", "cni0"],
        ["ip", "-4", "address", "show", "cni0"],
        ["cat", "/proc/sys/net/ipv4/conf/cni0/send_redirects"],
      ].map((argv) => must(node.exec, argv)),
    );
  const before = await show();
  const outcomes = await convergeInside(node, state);
  assert.deepEqual(await show(), before);
  const errors = outcomes.flatMap((outcome) => outcome.errors);
  assert.deepEqual(
    errors.map((error) => `${error.kind} ${error.key}`),
    ["link cni0", "sysctl net/ipv4/conf/cni0/send_redirects", "address cni0 10.244.1.1", "address cni0 fd00:10:244:1::1"],
  );
  assert.match(
    errors[0]?.message ?? "",
    /a link cni0 exists that is not ours .* remove it with "ip link delete cni0".*spec\.cni\.bridge/,
  );
  await ip(node.exec, "link delete cni0");
  await assertConverges(node, state);
});

test("a route of somebody else for a wanted prefix stays and is named, its neighbors are done, and ours comes when it has gone", async (t) => {
  const node = await (await makeSite(t)).plug("node-1", 11);
  await ip(
    node.exec,
    "route add 10.244.2.0/24 via 192.168.1.254 proto static",
    "route add fd00:10:244:2::/64 via fd00:192:168:1::fe proto static",
  );
  const foreign = () =>
    Promise.all(["-4", "-6"].map((family) => must(node.exec, ["ip", family, "route", "show", "proto", "static"])));
  const before = await foreign();
  const outcomes = await convergeInside(node, state);
  assert.deepEqual(await foreign(), before);
  assert.deepEqual(
    outcomes.flatMap((outcome) => outcome.errors.map((error) => error.message)),
    [
      '10.244.2.0/24 via 192.168.1.254 dev eth0 exists and is not ours (proto 4), so it is left as it is; remove it with "ip route delete 10.244.2.0/24 proto 4"',
      'fd00:10:244:2::/64 via fd00:192:168:1::fe dev eth0 exists and is not ours (proto 4), so it is left as it is; remove it with "ip route delete fd00:10:244:2::/64 proto 4"',
    ],
  );
  assert.match(
    await must(node.exec, ["ip", "route", "show", "proto", "244"]),
    /^10\.244\.3\.0\/24 nhid \d+ via 192\.168\.1\.13 dev eth0 *\n$/,
  );
  await ip(node.exec, "route delete 10.244.2.0/24 proto 4", "route delete fd00:10:244:2::/64 proto 4");
  await assertConverges(node, state);
});

test("whatever somebody changes in what is ours is seen and repaired, in one run", async (t) => {
  const node = await (await makeSite(t)).plug("node-1", 11);
  const { sysctls: _, ...kernel } = state;
  // The settings of this process's own namespace are not to be touched; all else goes through commands, which run inside.
  const run = () => convergeNode({ exec: node.exec, procSys: "/nowhere" }, kernel);
  await run();
  const table = ["inet", "podnet"];
  const changes: [what: string, change: () => Promise<unknown>][] = [
    ["the bridge's MAC address", () => ip(node.exec, "link set cni0 address 02:00:00:00:00:99")],
    ["the bridge's MTU", () => ip(node.exec, "link set cni0 mtu 1280")],
    ["the bridge is down", () => ip(node.exec, "link set cni0 down")],
    ["the bridge is gone, with all on it", () => ip(node.exec, "link delete cni0")],
    ["a gateway address is gone", () => ip(node.exec, "address delete fd00:10:244:1::1/64 dev cni0")],
    ["a strange address", () => ip(node.exec, "address add 10.99.0.1/24 dev cni0")],
    ["an address with duplicate detection", () => ip(node.exec, "address replace fd00:10:244:1::1/64 dev cni0")],
    [
      "an address of another scope",
      () => ip(node.exec, "address delete 10.244.1.1/24 dev cni0", "address add 10.244.1.1/24 dev cni0 scope link"),
    ],
    ["a nexthop is gone, and its route", () => must(node.exec, ["ip", "nexthop", "delete", "id", String(idOf(state.routes[0]))])],
    [
      "a nexthop leads elsewhere",
      () => ip(node.exec, `nexthop replace id ${idOf(state.routes[0])} via 192.168.1.63 dev eth0 proto 244`),
    ],
    ["a nexthop more", () => ip(node.exec, "nexthop add id 77 via 192.168.1.63 dev eth0 proto 244")],
    [
      "a nexthop that need not be on the link",
      () => ip(node.exec, `nexthop replace id ${idOf(state.routes[0])} via 192.168.1.12 dev eth0 proto 244 onlink`),
    ],
    ["a route says its way itself", () => ip(node.exec, "route replace 10.244.2.0/24 via 192.168.1.12 dev eth0 proto 244")],
    [
      "an IPv6 route says its way itself",
      () => ip(node.exec, "route replace fd00:10:244:2::/64 via fd00:192:168:1::12 dev eth0 proto 244"),
    ],
    ["a route is gone", () => ip(node.exec, "route delete 10.244.2.0/24")],
    ["a route leads elsewhere", () => ip(node.exec, "route replace fd00:10:244:2::/64 via fd00:192:168:1::63 proto 244")],
    ["a route leads nowhere", () => ip(node.exec, "route replace blackhole 10.244.2.0/24 proto 244")],
    [
      "an IPv6 route leads nowhere",
      () => ip(node.exec, "route delete fd00:10:244:2::/64", "route add blackhole fd00:10:244:2::/64 proto 244"),
    ],
    ["a route leads two ways", () => ip(node.exec, "route append fd00:10:244:2::/64 via fd00:192:168:1::63 dev eth0 proto 244")],
    ["a route has a sibling", () => ip(node.exec, "route append 10.244.2.0/24 via 192.168.1.63 dev eth0 proto 244")],
    ["a route has a sibling before it", () => ip(node.exec, "route prepend 10.244.2.0/24 via 192.168.1.63 dev eth0 proto 244")],
    ["a route of another metric", () => ip(node.exec, "route add 10.244.2.0/24 via 192.168.1.63 dev eth0 proto 244 metric 7")],
    [
      "a route for another type of service",
      () => ip(node.exec, "route add 10.244.2.0/24 via 192.168.1.63 dev eth0 proto 244 tos 0x10"),
    ],
    [
      "a route with a source and an MTU",
      () => ip(node.exec, "route replace 10.244.2.0/24 via 192.168.1.12 dev eth0 proto 244 src 192.168.1.11 mtu 1300"),
    ],
    [
      "a stale route",
      () => ip(node.exec, "route add 10.244.88.0/24 via 192.168.1.88 proto 244", "route add blackhole fd00:88::/64 proto 244"),
    ],
    ["a rule is gone", () => must(node.exec, ["nft", "flush", "chain", ...table, "postrouting"])],
    ["a rule more", () => must(node.exec, ["nft", "insert", "rule", ...table, "postrouting", "accept"])],
    ["an element is gone", () => must(node.exec, ["nft", "delete", "element", ...table, "nodes4", "{ 192.168.1.12 }"])],
    ["an element more", () => must(node.exec, ["nft", "add", "element", ...table, "pods6", "{ fd99::/64 }"])],
    ["a map in our table", () => must(node.exec, ["nft", "add", "map", ...table, "m", "{ type ipv4_addr : verdict; }"])],
    ["the table is gone", () => must(node.exec, ["nft", "delete", "table", ...table])],
  ];
  for (const [what, change] of changes) {
    await change();
    const outcomes = await run();
    assert.deepEqual(outcomes.flatMap(problemsOf), [], what);
    assert.notDeepEqual(
      outcomes.flatMap((outcome) => outcome.steps),
      [],
      what,
    );
    const again = await run();
    assert.equal(explain(again.flatMap((outcome) => outcome.steps)), "", what);
  }
});

test("a setting that somebody sets back is repaired", async (t) => {
  const node = await (await makeSite(t)).plug("node-1", 11);
  await assertConverges(node, state);
  await must(node.exec, ["tee", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv4/conf/cni0/send_redirects"], "0");
  const outcomes = await convergeInside(node, state);
  assert.equal(explain(outcomes.flatMap((outcome) => outcome.steps)), "~ sysctl net/ipv4/ip_forward: 0, wanted 1\n");
  await assertConverges(node, state);
});

test("a bridge that a killed agent left half made is in nobody's way", async (t) => {
  const node = await (await makeSite(t)).plug("node-1", 11);
  await ip(node.exec, "link add podnet-new type bridge");
  await assertConverges(node, state);
  assert.doesNotMatch(await must(node.exec, ["ip", "link", "show"]), /: podnet-new/);
});

function idOf({ via = "", device = "" }: RouteItem = { prefix: "" }): number | undefined {
  return numberedPaths([{ via, device }], [])[0]?.id;
}

test("a next hop that cannot be reached costs its own route alone", async (t) => {
  const node = await (await makeSite(t)).plug("node-1", 11);
  const lost = { prefix: "10.244.9.0/24", via: "10.99.0.1", device: "eth0" };
  const outcomes = await convergeInside(node, { routes: [...state.routes.slice(0, 2), lost, ...state.routes.slice(2)] });
  assert.deepEqual(
    outcomes.flatMap((outcome) => outcome.errors),
    [
      {
        op: "add",
        kind: "nexthop",
        key: "10.99.0.1 dev eth0",
        message: `nexthop add id ${idOf(lost)} via 10.99.0.1 dev eth0 proto 244: Error: Nexthop has invalid gateway.`,
      },
      {
        op: "add",
        kind: "route",
        key: "10.244.9.0/24",
        message: "route add 10.244.9.0/24 via 10.99.0.1 dev eth0 proto 244: Error: Nexthop has invalid gateway.",
      },
    ],
  );
  const again = await convergeInside(node, { routes: state.routes });
  assert.deepEqual(
    again.flatMap(({ steps }) => steps),
    [],
  );
});

test("a kind that is left out is left alone", async (t) => {
  const node = await (await makeSite(t)).plug("node-1", 11);
  await assertConverges(node, state);
  const outcomes = await convergeInside(node, { routes: state.routes });
  assert.deepEqual(
    outcomes.map(({ kind, steps, errors }) => ({ kind, steps, errors })),
    [
      { kind: "nexthop", steps: [], errors: [] },
      { kind: "route", steps: [], errors: [] },
    ],
  );
  await assertConverges(node, state);
});
