import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { recorded } from "../../../test/support/recorded.ts";
import { Bug } from "../../reconcile/bug.ts";
import { diff } from "../../reconcile/diff.ts";
import { type RouteItem, routeKind, routeKindBy } from "./route.ts";

const ours = [4, 6].map((family) => recorded(`iproute2-6.1.0/route-show-ours-${family}.json`));
const linesFor = (want: RouteItem[], have: RouteItem[]) =>
  routeKind.render(diff(routeKind, want, have)).flatMap((batch) => batch.lines.map((line) => line.text));
const route: RouteItem = { prefix: "10.244.2.0/24", via: "192.168.1.12", device: "eth0" };

test("routes of both families are read, with what is odd about those that somebody changed", () => {
  assert.deepEqual(routeKind.parse(ours), [
    { prefix: "0.0.0.0/0", oddity: "nexthops" },
    { prefix: "10.244.2.0/24", via: "192.168.1.12", device: "eth0" },
    { prefix: "10.244.3.0/24", via: "192.168.1.13", device: "eth0", metric: 5 },
    { prefix: "10.244.4.0/24", via: "192.168.1.14", device: "eth0", tos: "0x10" },
    { prefix: "10.244.4.7/32", via: "192.168.1.14", device: "eth0" },
    { prefix: "10.244.5.0/24", via: "192.168.1.14", device: "eth0", onlink: true, source: "192.168.1.11", oddity: "metrics" },
    { prefix: "10.244.6.0/24", oddity: "type" },
    { prefix: "fd00:10:244:2::/64", via: "fd00:192:168:1::12", device: "eth0" },
    { prefix: "fd00:10:244:3::/64", via: "fd00:192:168:1::13", device: "eth0", metric: 5 },
    { prefix: "fd00:10:244:4::7/128", via: "fd00:192:168:1::14", device: "eth0" },
    { prefix: "fd00:10:244:6::/64", device: "lo", oddity: "type" },
    { prefix: "fd00:10:244:7::/64", oddity: "nexthops" },
  ]);
});

test("a new route is added, never put in the place of another; a changed one is replaced in place", () => {
  assert.deepEqual(linesFor([route], []), ["route add 10.244.2.0/24 via 192.168.1.12 dev eth0 proto 244"]);
  const have = { ...route, via: "192.168.1.99" };
  assert.equal(routeKind.differs(route, have), "via 192.168.1.99, wanted 192.168.1.12");
  assert.deepEqual(linesFor([route], [have]), ["route replace 10.244.2.0/24 via 192.168.1.12 dev eth0 proto 244"]);
});

test("a route of another metric is another route: the wanted one is added first, then that one removed", () => {
  assert.deepEqual(linesFor([route], [{ ...route, metric: 5 }]), [
    "route add 10.244.2.0/24 via 192.168.1.12 dev eth0 proto 244",
    "route delete 10.244.2.0/24 via 192.168.1.12 dev eth0 metric 5 proto 244",
  ]);
});

test("routes by nexthop objects are read with the way that those lead, IPv4 over IPv6 too", () => {
  assert.deepEqual(routeKind.parse([4, 6].map((family) => recorded(`iproute2-6.1.0/route-show-nhid-${family}.json`))), [
    { prefix: "10.244.2.0/24", via: "192.168.1.12", nexthop: 1342177281, device: "eth0" },
    { prefix: "10.244.3.0/24", via: "fd00:192:168:1::12", nexthop: 1342177282, device: "eth0" },
    { prefix: "fd00:10:244:2::/64", via: "fd00:192:168:1::12", nexthop: 1342177282, device: "eth0" },
  ]);
});

test("routes through tunnels are read with the address that they give, by nexthop objects and without, and written so", () => {
  const found = routeKind.parse([4, 6].map((family) => recorded(`iproute2-6.1.0/route-show-tunnel-${family}.json`)));
  const device = "podnet-vxlan4";
  const [four, six] = [
    { device, onlink: true, source: "10.244.1.1" },
    { via: "fe80::ff:fe00:2", device, source: "fd00:10:244:1::1" },
  ];
  assert.deepEqual(found, [
    { prefix: "10.244.2.0/24", via: "10.244.2.1", nexthop: 1342177281, ...four },
    { prefix: "10.244.3.0/24", via: "10.244.3.1", ...four },
    { prefix: "fd00:10:244:2::/64", nexthop: 1342177282, ...six },
    { prefix: "fd00:10:244:3::/64", ...six },
  ]);
  const [, want = assert.fail(), , last = assert.fail()] = found;
  assert.deepEqual(linesFor([want, last], []), [
    "route add 10.244.3.0/24 via 10.244.3.1 dev podnet-vxlan4 onlink src 10.244.1.1 proto 244",
    "route add fd00:10:244:3::/64 via fe80::ff:fe00:2 dev podnet-vxlan4 src fd00:10:244:1::1 proto 244",
  ]);
  const { source: _, ...sourceless } = want;
  const { onlink: __, ...offlink }: RouteItem = want;
  assert.equal(routeKind.differs(want, sourceless), "src none, wanted 10.244.1.1");
  assert.equal(routeKind.differs(want, offlink), "not onlink, wanted so");
});

test("where its way has a nexthop object, a route goes by that, and one that goes the same way otherwise is replaced in place", () => {
  const byNumber = routeKindBy(new Map([["192.168.1.12 dev eth0", 5]]), [route]);
  const lines = (want: RouteItem[], have: RouteItem[]) =>
    byNumber.render(diff(byNumber, want, have)).flatMap((batch) => batch.lines.map((line) => line.text));
  assert.deepEqual(lines([route], []), ["route add 10.244.2.0/24 nhid 5 proto 244"]);
  assert.deepEqual(lines([route], [{ ...route, nexthop: 5 }]), []);
  assert.equal(byNumber.differs(route, route), "nexthop none, wanted 5");
  assert.deepEqual(lines([route], [{ ...route, nexthop: 6 }]), ["route replace 10.244.2.0/24 nhid 5 proto 244"]);
  assert.deepEqual(lines([], [{ ...route, nexthop: 5 }]), ["route delete 10.244.2.0/24 nhid 5 proto 244"]);
  const elsewhere = { ...route, via: "192.168.1.13" };
  assert.deepEqual(
    lines([elsewhere], []),
    ["route add 10.244.2.0/24 via 192.168.1.13 dev eth0 proto 244"],
    "no object leads there",
  );
});

test("an IPv6 route that stands beside a wanted one goes, and the wanted one is put back, which the kernel would take away with it", () => {
  const want: RouteItem = { prefix: "fd00:10:244:2::/64", via: "fd00::12", device: "eth0" };
  const kind = routeKindBy(new Map([["fd00::12 dev eth0", 5]]), [want]);
  const steps = diff(
    kind,
    [want],
    [
      { ...want, nexthop: 5 },
      { ...want, via: "fd00::63" },
    ],
  );
  assert.deepEqual(
    kind.render(steps).flatMap((batch) => batch.lines.map((line) => line.text)),
    ["route delete fd00:10:244:2::/64 via fd00::63 dev eth0 proto 244", "route replace fd00:10:244:2::/64 nhid 5 proto 244"],
  );
});

test("an IPv4 route over an IPv6 next hop says of which family that is", () => {
  assert.deepEqual(linesFor([{ ...route, via: "fd00::12" }], []), [
    "route add 10.244.2.0/24 via inet6 fd00::12 dev eth0 proto 244",
  ]);
});

test("somebody else's route for a wanted prefix is named with the command that removes it", () => {
  const refusal = routeKind.foreign?.parse([4, 6].map((family) => recorded(`iproute2-6.1.0/route-show-all-${family}.json`)));
  assert.equal(
    refusal?.({ ...route, prefix: "10.50.0.0/16" }),
    "10.50.0.0/16 via 192.168.1.254 dev eth0 exists and is not ours (proto 4), so it is left as it is; " +
      'remove it with "ip route delete 10.50.0.0/16 proto 4"',
  );
  assert.match(refusal?.({ ...route, prefix: "10.51.0.0/16" }) ?? "", /not ours \(proto boot\)/);
  assert.match(refusal?.({ ...route, prefix: "fd00:50::/32" }) ?? "", /not ours \(proto 4\)/);
  assert.equal(refusal?.(route), undefined, "a route of another metric stands beside ours");
  assert.equal(refusal?.({ ...route, prefix: "10.77.0.0/16" }), undefined);
});

test("somebody else's route is no reason to refuse others, whatever it has that we would never write", () => {
  const odd = [
    { dst: "10.60.0.0/16", gateway: "192.168.1.1", dev: "it's; #1", protocol: "4", tos: "a b", prefsrc: "?", flags: [] },
    { dst: "10.61.0.0/16 from all", via: { family: "mpls", host: "label 7" }, dev: "-x", protocol: "4", flags: [] },
  ];
  const refusal = routeKind.foreign?.parse([JSON.stringify(odd), JSON.stringify([{ dst: "fd00:60::/64", dev: "#" }])]);
  assert.equal(refusal?.(route), undefined);
  assert.match(refusal?.({ ...route, prefix: "fd00:60::/64", metric: 0 }) ?? "", /dev # exists and is not ours/);
});

test("whatever is wanted and found, each line is one route of our protocol", () => {
  const item = fc.record(
    {
      prefix: fc.constantFrom("10.244.2.0/24", "10.244.3.0/24", "fd00:10:244:2::/64"),
      via: fc.constantFrom("192.168.1.12", "192.168.1.13", "fd00:192:168:1::12"),
      device: fc.constantFrom("eth0", "eth1.100"),
    },
    { noNullPrototype: true },
  );
  const wanted = fc.uniqueArray(item, { selector: (found) => found.prefix });
  fc.assert(
    fc.property(wanted, fc.array(item), (want, have) => {
      for (const line of linesFor(want, have))
        assert.match(line, /^route (add|replace|delete) \S+ via (?:inet6 )?\S+ dev \S+ proto 244$/);
    }),
  );
});

test("a name that would become another command is a bug, not a command", () => {
  for (const device of ["eth0\nlink delete cni0", "eth0 onlink", "", "-6", "eth0;reboot", 'eth"0', "eth0\\", "#"])
    assert.throws(() => linesFor([{ ...route, device }], []), Bug, JSON.stringify(device));
});

test("what could not be a route's part in a command again is not read", () => {
  const show = (part: object) => [
    JSON.stringify([{ dst: "10.244.2.0/24", gateway: "192.168.1.12", dev: "eth0", flags: [], ...part }]),
    "[]",
  ];
  assert.equal(routeKind.parse(show({})).length, 1);
  for (const part of [
    { dst: "10.244.2.0/24 dev lo" },
    { dst: "10.244.2.0/33" },
    { dst: "" },
    { gateway: "-force" },
    { gateway: "192.168.1.12/24" },
    { dev: "eth0; reboot" },
    { dev: "a/../b" },
    { dev: "x".repeat(16) },
    { metric: -1 },
    { metric: 0.5 },
    { tos: "0x10 dev lo" },
  ])
    assert.throws(() => routeKind.parse(show(part)), /printed what we cannot read/, JSON.stringify(part));
});
