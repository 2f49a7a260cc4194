import assert from "node:assert/strict";
import { test } from "node:test";
import { recorded } from "../../../test/support/recorded.ts";
import { diff } from "../../reconcile/diff.ts";
import { type FdbItem, fdbKindOn } from "./fdb.ts";
import { UnexpectedOutput } from "./output.ts";

const device = "podnet-vxlan4";
const kind = fdbKindOn([device, "podnet-vxlan6"]);
const want: FdbItem = { device, mac: "02:00:00:00:00:02", to: "192.168.1.12" };
const linesFor = (wanted: readonly FdbItem[], have: readonly FdbItem[]) =>
  kind.render(diff(kind, wanted, have)).flatMap((batch) => batch.lines.map((line) => line.text));

test("the entries of each tunnel are read, with what is odd about those that somebody made", () => {
  assert.deepEqual(kind.parse([4, 6].map((family) => recorded(`iproute2-6.1.0/fdb-show-${family}.json`))), [
    { device, mac: "02:00:00:00:00:0b", to: "192.168.1.17", oddity: "vni, viaIf" },
    { device, mac: "02:00:00:00:00:0a", to: "192.168.1.16", oddity: "not permanent" },
    { device, mac: "00:00:00:00:00:00", to: "192.168.1.14" },
    { device, mac: "00:00:00:00:00:00", to: "192.168.1.15" },
    { device, mac: "02:00:00:00:00:03", to: "192.168.1.13", port: 8472 },
    want,
    { device: "podnet-vxlan6", mac: "02:00:00:00:00:02", to: "fd00:192:168:1::12" },
  ]);
  assert.deepEqual(kind.parse(["", ""]), []);
});

test("an entry is put in the place of whatever is there, and says in what it differed", () => {
  const line = "fdb replace 02:00:00:00:00:02 dev podnet-vxlan4 dst 192.168.1.12 self permanent";
  assert.deepEqual(linesFor([want], []), [line]);
  const cases: [FdbItem, string][] = [
    [{ ...want, to: "192.168.1.99" }, "to 192.168.1.99, wanted 192.168.1.12"],
    [{ device, mac: want.mac }, "to nobody, wanted 192.168.1.12"],
    [{ ...want, port: 8472 }, "port 8472, wanted that of the tunnel"],
    [{ ...want, oddity: "vni" }, "it has vni, wanted without"],
  ];
  for (const [have, reason] of cases) {
    assert.equal(kind.differs(want, have), reason);
    assert.deepEqual(linesFor([want], [have]), [line]);
  }
});

test("each entry that floods is removed by where it leads, and a second one of a wanted MAC, too", () => {
  const flood = { device, mac: "00:00:00:00:00:00" };
  assert.deepEqual(
    linesFor(
      [want],
      [{ ...flood, to: "192.168.1.14" }, { ...flood, to: "192.168.1.15", port: 9 }, { ...want, to: "192.168.1.98" }, want],
    ),
    [
      "fdb delete 00:00:00:00:00:00 dev podnet-vxlan4 dst 192.168.1.14 self",
      "fdb delete 00:00:00:00:00:00 dev podnet-vxlan4 dst 192.168.1.15 port 9 self",
      "fdb delete 02:00:00:00:00:02 dev podnet-vxlan4 dst 192.168.1.98 self",
    ],
  );
});

test("an entry that leads to no address is refused", () => {
  assert.throws(
    () => kind.parse([JSON.stringify([{ mac: "02:00:00:00:00:02", dst: "; reboot", flags: ["self"], state: "permanent" }]), ""]),
    UnexpectedOutput,
  );
});
