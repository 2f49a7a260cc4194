import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { recorded } from "../../../test/support/recorded.ts";
import { Bug } from "../../reconcile/bug.ts";
import { diff } from "../../reconcile/diff.ts";
import { type NexthopItem, nexthopKind, numberedPaths, pathKey } from "./nexthop.ts";

const shown = [recorded("iproute2-6.1.0/nexthop-show.json")];
const path = { via: "192.168.1.12", device: "eth0" };
const linesFor = (want: readonly NexthopItem[], have: readonly NexthopItem[]) =>
  nexthopKind.render(diff(nexthopKind, want, have)).flatMap((batch) => batch.lines.map((line) => line.text));

test("nexthop objects of our protocol are read, with what is odd about those that somebody changed", () => {
  assert.deepEqual(nexthopKind.parse(shown), [
    { id: 1342177281, via: "192.168.1.12", device: "eth0" },
    { id: 1342177282, via: "fd00:192:168:1::12", device: "eth0" },
    { id: 1342177283, device: "eth0" },
    { id: 1342177284, via: "192.168.1.14", device: "eth0", onlink: true },
    { id: 1342177285, via: "192.168.1.15", oddity: "fdb" },
    { id: 1342177286, oddity: "blackhole" },
    { id: 1342177287, oddity: "group" },
  ]);
  assert.deepEqual(nexthopKind.parse([""]), []);
});

test("a next hop that the kernel takes at its word is read and written as that", () => {
  const want = { id: 1342177281, via: "10.244.2.1", device: "podnet-vxlan4", onlink: true };
  const found = nexthopKind.parse([recorded("iproute2-6.1.0/nexthop-show-tunnel.json")]);
  assert.deepEqual(found, [want, { id: 1342177282, via: "fe80::ff:fe00:2", device: "podnet-vxlan4" }]);
  assert.deepEqual(linesFor([want], []), ["nexthop add id 1342177281 via 10.244.2.1 dev podnet-vxlan4 onlink proto 244"]);
  const { onlink: _, ...offlink } = want;
  assert.equal(nexthopKind.differs(want, offlink), "not onlink, wanted so");
  assert.equal(nexthopKind.differs(offlink, want), "onlink, wanted without");
  assert.deepEqual(
    numberedPaths([want], []).map(({ onlink }) => onlink),
    [true],
  );
});

test("a path keeps the number that it has; a new one gets one of its own, the same every time, whatever the order", () => {
  const [item = assert.fail()] = numberedPaths([path], []);
  assert.ok(item.id >= 0x5000_0000 && item.id < 0x6000_0000);
  assert.deepEqual(numberedPaths([path], []), [item]);
  const other = { via: "192.168.1.13", device: "eth0" };
  const ids = (...paths: (typeof path)[]) => numberedPaths(paths, []).toSorted((a, b) => a.id - b.id);
  assert.deepEqual(ids(path, other, path), ids(other, path));
  assert.deepEqual(numberedPaths([path], [{ id: 9, ...path }]), [{ id: 9, ...path }]);
  const [next = assert.fail()] = numberedPaths([path], [{ id: item.id, ...other }]);
  assert.equal(next.id, item.id + 1, "another path has its number");
});

test("no two paths get one number, whatever is there, and a second time nothing is left to do", () => {
  const somePath = fc.record(
    { via: fc.constantFrom("192.168.1.12", "192.168.1.13", "fd00::12"), device: fc.constantFrom("eth0", "eth1") },
    { noNullPrototype: true },
  );
  const there = fc.record({ id: fc.integer({ min: 0x5000_0000, max: 0x5000_0004 }), path: somePath }, { noNullPrototype: true });
  fc.assert(
    fc.property(fc.array(somePath), fc.uniqueArray(there, { selector: ({ id }) => id }), (paths, have) => {
      const standing = have.map(({ id, path: one }) => ({ id, ...one }));
      const want = numberedPaths(paths, standing);
      assert.equal(new Set(want.map(({ id }) => id)).size, want.length);
      assert.equal(want.length, new Set(paths.map(pathKey)).size);
      assert.deepEqual(linesFor(numberedPaths(paths, want), want), []);
      for (const line of linesFor(want, standing))
        assert.match(line, /^nexthop (?:(?:add|replace) id \d+ via \S+ dev eth\d proto 244|delete id \d+)$/);
    }),
  );
});

test("a new one is added, never put in the place of another; an odd one is replaced in place; what is not wanted goes by its number", () => {
  const want = { id: 5, ...path };
  assert.deepEqual(linesFor([want], []), ["nexthop add id 5 via 192.168.1.12 dev eth0 proto 244"]);
  const odd = { ...want, oddity: "fdb" };
  assert.equal(nexthopKind.differs(want, odd), "it has fdb, wanted without");
  assert.deepEqual(linesFor([want], [odd]), ["nexthop replace id 5 via 192.168.1.12 dev eth0 proto 244"]);
  assert.deepEqual(linesFor([], [want, { id: 6, oddity: "group" }]), ["nexthop delete id 5", "nexthop delete id 6"]);
});

test("one of somebody else under a number of ours is named with the command that removes it", () => {
  const refusal = nexthopKind.foreign?.parse(shown);
  assert.equal(
    refusal?.({ id: 8, ...path }),
    'nexthop id 8 exists and is not ours (proto 4), so it is left as it is; remove it with "ip nexthop delete id 8"',
  );
  assert.match(refusal?.({ id: 7, ...path }) ?? "", /not ours \(proto none\)/);
  assert.equal(refusal?.({ id: 1342177281, ...path }), undefined);
  assert.equal(refusal?.({ id: 1342179999, ...path }), undefined);
});

test("what could not stand in a command again is neither read nor written", () => {
  const row = { id: 5, gateway: "192.168.1.12", dev: "eth0", protocol: "244", flags: [] };
  assert.equal(nexthopKind.parse([JSON.stringify([row])]).length, 1);
  for (const part of [{ id: -1 }, { id: "5" }, { gateway: "-force" }, { dev: "eth0; reboot" }, { flags: "onlink" }])
    assert.throws(
      () => nexthopKind.parse([JSON.stringify([{ ...row, ...part }])]),
      /printed what we cannot read/,
      JSON.stringify(part),
    );
  assert.throws(() => linesFor([{ id: 5, via: "192.168.1.12", device: "eth0 onlink" }], []), Bug);
});
