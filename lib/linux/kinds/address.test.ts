import assert from "node:assert/strict";
import { test } from "node:test";
import { recorded } from "../../../test/support/recorded.ts";
import { diff } from "../../reconcile/diff.ts";
import { type AddressItem, addressKindOn } from "./address.ts";

const addressKind = addressKindOn([]);
const outputs = ["link-show-bridge.json", "address-show-bridge.json"].map((name) => recorded(`iproute2-6.1.0/${name}`));
const linesFor = (want: AddressItem[], have: AddressItem[]) =>
  addressKind.render(diff(addressKind, want, have)).flatMap((batch) => batch.lines.map((line) => line.text));

test("all addresses of our links are ours, with what is odd about them; link-local ones and those of other links are not", () => {
  assert.deepEqual(addressKind.parse(outputs), [
    { device: "cni0", address: "10.8.0.1/24", oddity: "scope link" },
    { device: "cni0", address: "10.244.1.1/24" },
    { device: "cni0", address: "10.9.0.1/32", oddity: "a peer address" },
    { device: "cni0", address: "fd00:8::1/64", oddity: "duplicate address detection" },
    { device: "cni0", address: "fd00:10:244:1::1/64" },
  ]);
});

test("an IPv6 address is set without duplicate address detection, an IPv4 address as it is", () => {
  const want = ["10.244.1.1/24", "fd00:10:244:1::1/64"].map((address) => ({ device: "cni0", address }));
  assert.deepEqual(linesFor(want, []), ["address add 10.244.1.1/24 dev cni0", "address add fd00:10:244:1::1/64 dev cni0 nodad"]);
});

test("an address of another prefix length or another kind is taken off before it is set", () => {
  const want = { device: "cni0", address: "fd00:10:244:1::1/64" };
  const cases: [AddressItem, string][] = [
    [{ ...want, address: "fd00:10:244:1::1/80" }, "fd00:10:244:1::1/80, wanted fd00:10:244:1::1/64"],
    [{ ...want, oddity: "scope link" }, "it has scope link, wanted without"],
  ];
  for (const [have, reason] of cases) {
    assert.equal(addressKind.differs(want, have), reason);
    assert.deepEqual(linesFor([want], [have]), [
      `address delete ${have.address} dev cni0`,
      "address add fd00:10:244:1::1/64 dev cni0 nodad",
    ]);
  }
});

test("an address for a link that is not ours is refused", () => {
  const refusal = addressKind.foreign?.parse([recorded("iproute2-6.1.0/link-show.json")]);
  assert.match(refusal?.({ device: "docker0", address: "10.244.1.1/24" }) ?? "", /^a link docker0 exists that is not ours/);
  assert.equal(refusal?.({ device: "cni0", address: "10.244.1.1/24" }), undefined);
});

test("what could not be an address's part in a command again is not read", () => {
  const show = (name: string, local: string, prefixlen: number) => [
    JSON.stringify([{ ifname: name, ifalias: "podnet" }]),
    JSON.stringify([{ ifname: name, addr_info: [{ family: "inet", local, prefixlen, scope: "global" }] }]),
  ];
  assert.equal(addressKind.parse(show("cni0", "10.244.1.1", 24)).length, 1);
  for (const [name, local, length] of [
    ["cni0", "10.244.1.1 dev lo", 24],
    ["cni0", "10.244.1.1", 33],
    ["cni0", "10.244.1.1", 0.5],
    ['cni"0', "10.244.1.1", 24],
  ] as const)
    assert.throws(() => addressKind.parse(show(name, local, length)), /printed what we cannot read/);
});
