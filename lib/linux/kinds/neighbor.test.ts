import assert from "node:assert/strict";
import { test } from "node:test";
import { recorded } from "../../../test/support/recorded.ts";
import { diff } from "../../reconcile/diff.ts";
import { type NeighborItem, neighborKindOn } from "./neighbor.ts";
import { UnexpectedOutput } from "./output.ts";

const device = "podnet-vxlan4";
const kind = neighborKindOn([device]);
const want: NeighborItem = { device, address: "10.244.2.1", mac: "02:00:00:00:00:02" };
const linesFor = (wanted: readonly NeighborItem[], have: readonly NeighborItem[]) =>
  kind.render(diff(kind, wanted, have)).flatMap((batch) => batch.lines.map((line) => line.text));

test("lasting neighbors of a tunnel are read, with what is odd about those that somebody changed; what the kernel tries to find out is left to it", () => {
  assert.deepEqual(kind.parse([recorded("iproute2-6.1.0/neighbor-show.json")]), [
    { device, address: "10.244.3.1", mac: "02:00:00:00:00:03" },
    want,
    { device, address: "10.244.4.1", mac: "02:00:00:00:00:04", oddity: "STALE" },
    { device, address: "10.244.6.1", mac: "02:00:00:00:00:06", oddity: "router" },
    { device, address: "fe80::ff:fe00:2", mac: "02:00:00:00:00:02" },
  ]);
  assert.deepEqual(kind.parse([""]), []);
});

test("a neighbor is put in the place of whatever is there, and says in what it differed", () => {
  const line = "neighbor replace 10.244.2.1 lladdr 02:00:00:00:00:02 dev podnet-vxlan4 nud permanent protocol 244";
  assert.deepEqual(linesFor([want], []), [line]);
  const cases: [NeighborItem, string][] = [
    [{ ...want, mac: "02:00:00:00:00:09" }, "MAC 02:00:00:00:00:09, wanted 02:00:00:00:00:02"],
    [{ device, address: want.address }, "MAC unknown, wanted 02:00:00:00:00:02"],
    [{ ...want, oddity: "STALE" }, "it has STALE, wanted without"],
  ];
  for (const [have, reason] of cases) {
    assert.equal(kind.differs(want, have), reason);
    assert.deepEqual(linesFor([want], [have]), [line]);
  }
  assert.deepEqual(linesFor([], [want]), ["neighbor delete 10.244.2.1 dev podnet-vxlan4"]);
});

test("a neighbor that is no address is refused", () => {
  const text = JSON.stringify([{ dst: "-batch", lladdr: "02:00:00:00:00:02", state: ["PERMANENT"] }]);
  assert.throws(() => kind.parse([text]), UnexpectedOutput);
});
