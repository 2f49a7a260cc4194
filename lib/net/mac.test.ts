import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { renderAddress } from "./address.ts";
import { linkLocalOf, macFor } from "./mac.ts";

test("a MAC address is unicast, locally administered, and the same for the same text", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const mac = macFor(text);
      assert.match(mac, /^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/);
      assert.equal(macFor(text), mac);
    }),
  );
});

test("a MAC address never changes between versions, since pods remember it", () => {
  assert.equal(macFor("7c0f6e0a-2f0e-4a51-9d4e-0d6b2f6a9a11/cni0"), "9a:7f:51:3c:50:7f");
});

test("ten thousand nodes have ten thousand MAC addresses", () => {
  const macs = Array.from({ length: 10_000 }, (_, index) => macFor(`node-${index}/cni0`));
  assert.equal(new Set(macs).size, macs.length);
});

test("the link-local address of a MAC address is as the kernel makes it", () => {
  assert.equal(renderAddress(linkLocalOf("02:00:00:00:00:02")), "fe80::ff:fe00:2");
  assert.equal(renderAddress(linkLocalOf("9a:7f:51:3c:50:7f")), "fe80::987f:51ff:fe3c:507f");
});
