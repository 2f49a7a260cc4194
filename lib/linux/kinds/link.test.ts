import assert from "node:assert/strict";
import { test } from "node:test";
import { recorded } from "../../../test/support/recorded.ts";
import { tunnelSample } from "../../../test/support/tunnel-sample.ts";
import { diff } from "../../reconcile/diff.ts";
import { type LinkItem, linkKind } from "./link.ts";
import { UnexpectedOutput } from "./output.ts";

const cni0: LinkItem = { name: "cni0", type: "bridge", mac: "02:00:00:00:00:01", mtu: 1450, up: true };
const bridges = recorded("iproute2-6.1.0/link-show-bridge.json");
const linesFor = (want: LinkItem[], have: LinkItem[]) =>
  linkKind.render(diff(linkKind, want, have)).flatMap((batch) => batch.lines.map((line) => line.text));

test("only bridges with our alias, or our prefix while they are being made, are ours", () => {
  assert.deepEqual(linkKind.parse([bridges]), [
    cni0,
    { name: "podnet-new", type: "bridge", mac: "e2:50:53:ca:21:4c", mtu: 1500, up: false },
  ]);
});

test("a link of a wanted name without our alias is refused with the ways out", () => {
  const refusal = linkKind.foreign?.parse([recorded("iproute2-6.1.0/link-show.json")]);
  assert.equal(
    refusal?.({ ...cni0, name: "docker0" }),
    'a link docker0 exists that is not ours (its alias is not "podnet"), so it is left as it is; ' +
      'remove it with "ip link delete docker0", which cuts off the pods on it, or choose another name in spec.cni.bridge',
  );
  assert.equal(refusal?.(cni0), undefined);
  assert.equal(refusal?.({ ...cni0, name: "cni1" }), undefined);
});

test("a new bridge gets our alias before it gets its name", () => {
  assert.deepEqual(linesFor([cni0], []), [
    "link delete dev podnet-new",
    "link add name podnet-new address 02:00:00:00:00:01 type bridge",
    "link set dev podnet-new alias podnet",
    "link set dev podnet-new name cni0",
    "link set dev cni0 address 02:00:00:00:00:01 mtu 1450 up",
    "link delete dev podnet-new",
  ]);
});

test("a bridge that differs is changed in place, in nothing else than what it differs in, and says so", () => {
  const cases: [LinkItem, string, string][] = [
    [{ ...cni0, mac: "02:00:00:00:00:09" }, "MAC 02:00:00:00:00:09, wanted 02:00:00:00:00:01", "address 02:00:00:00:00:01"],
    [{ ...cni0, mtu: 1500 }, "MTU 1500, wanted 1450", "mtu 1450"],
    [{ ...cni0, up: false }, "down, wanted up", "up"],
  ];
  for (const [have, reason, setting] of cases) {
    assert.equal(linkKind.differs(cni0, have), reason);
    assert.deepEqual(linesFor([cni0], [have]), [`link set dev cni0 ${setting}`]);
  }
});

const tunnels = recorded("iproute2-6.1.0/link-show-vxlan.json");
const tunnel = tunnelSample();

test("tunnels of ours are read with what they were made with, and what is odd about those that somebody made; others' are not ours", () => {
  assert.deepEqual(linkKind.parse(["", tunnels]), [
    tunnel,
    { ...tunnel, name: "podnet-vxlan6", mtu: 1430, tunnel: { id: 244, port: 8472, local: "fd00:192:168:1::11" } },
    {
      name: "podnet-odd",
      type: "vxlan",
      mac: "ea:26:c2:9a:49:fa",
      mtu: 1500,
      up: false,
      tunnel: {
        id: 245,
        port: 4790,
        oddity: "remote, learning",
      },
    },
  ]);
});

test("a new tunnel learns nothing, and has no address of its own making", () => {
  assert.deepEqual(linesFor([tunnel], []), [
    "link delete dev podnet-new",
    "link add name podnet-new address 02:00:00:00:00:01 type vxlan id 244 dstport 4789 nolearning local 192.168.1.11",
    "link set dev podnet-new alias podnet",
    "link set dev podnet-new name podnet-vxlan4",
    "link set dev podnet-vxlan4 address 02:00:00:00:00:01 mtu 1450 addrgenmode none up",
    "link delete dev podnet-new",
  ]);
});

test("a tunnel that was made with something else, or a bridge in its place, is made anew; what can be changed is changed in place", () => {
  const cases: [LinkItem, string, number][] = [
    [
      { ...tunnel, tunnel: { ...tunnel.tunnel, port: 8472 } },
      "id 244 port 8472 local 192.168.1.11, wanted id 244 port 4789 local 192.168.1.11",
      7,
    ],
    [
      { ...tunnel, tunnel: { id: 244, port: 4789, oddity: "learning" } },
      "id 244 port 4789 local none with learning, wanted id 244 port 4789 local 192.168.1.11",
      7,
    ],
    [{ ...cni0, name: "podnet-vxlan4" }, "a bridge, wanted a vxlan", 7],
    [{ ...tunnel, mtu: 1500 }, "MTU 1500, wanted 1450", 1],
  ];
  for (const [have, reason, lines] of cases) {
    assert.equal(linkKind.differs(tunnel, have), reason);
    const found = linesFor([tunnel], [have]);
    assert.equal(found.length, lines);
    if (lines > 1) assert.equal(found[0], "link delete dev podnet-vxlan4");
  }
});

test("a bridge that is not wanted is deleted", () => {
  assert.deepEqual(linesFor([], [cni0]), ["link delete dev cni0"]);
});

test("output of an unknown shape is refused by tool and field", () => {
  const cases: [string, RegExp][] = [
    ["Device does not exist", /^ip link show printed .*not JSON: Device does not exist/],
    ['{"ifname": "cni0"}', /field "the whole output" is \{"ifname":"cni0"\}, expected a list/],
    ['[{"ifname": "cni0", "ifalias": "podnet", "mtu": "1500"}]', /field "address" is absent, expected text/],
    ['[{"ifname": 7}]', /field "ifname" is 7, expected text/],
  ];
  for (const [output, message] of cases)
    assert.throws(
      () => linkKind.parse([output]),
      (error) => error instanceof UnexpectedOutput && message.test(error.message),
      output,
    );
});
