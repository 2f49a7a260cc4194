import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Address, addressBits, compareAddresses, parseAddress, renderAddress, toAddress } from "./address.ts";

/** 16-bit groups, or octets, of an address: the slow and plain way. */
function partsOf({ family, value }: Address): number[] {
  const bits = value.toString(2).padStart(addressBits(family), "0");
  return (bits.match(family === 4 ? /.{8}/g : /.{16}/g) ?? []).map((part) => Number.parseInt(part, 2));
}

const octet = fc.nat(255);
const group = fc.oneof(fc.constant(0), fc.constant(0), fc.nat(0xffff));
const ipv4 = fc.tuple(octet, octet, octet, octet);
const ipv6 = fc.array(group, { minLength: 8, maxLength: 8 }).filter((groups) => !groups.join().startsWith("0,0,0,0,0,65535"));
const spelled = fc.record({ capitals: fc.boolean(), padded: fc.boolean() });

test("dotted decimal is read, octet by octet, and written back as it was", () => {
  fc.assert(
    fc.property(ipv4, (octets) => {
      const address = toAddress(octets.join("."));
      assert.deepEqual([address.family, partsOf(address)], [4, octets]);
      assert.equal(renderAddress(address), octets.join("."));
    }),
  );
});

test("IPv6 is read in any spelling of its eight groups", () => {
  fc.assert(
    fc.property(ipv6, spelled, (groups, { capitals, padded }) => {
      const text = groups.map((value) => value.toString(16).padStart(padded ? 4 : 1, "0")).join(":");
      assert.deepEqual(partsOf(toAddress(capitals ? text.toUpperCase() : text)), groups);
    }),
  );
});

test("IPv6 is written as RFC 5952 wants: lower case, no leading zeros, the first longest run of zeros left out", () => {
  fc.assert(
    fc.property(ipv6, (groups) => {
      const text = renderAddress(toAddress(groups.map((value) => value.toString(16)).join(":")));
      assert.deepEqual(partsOf(toAddress(text)), groups);
      assert.equal(text, rfc5952(groups));
    }),
  );
});

/** RFC 5952, 4, by trying every run of zeros. */
function rfc5952(groups: readonly number[]): string {
  const words = groups.map((value) => value.toString(16));
  const runs = groups.flatMap((_, from) =>
    groups.slice(from + 1).map((__, more) => ({ from, to: from + 2 + more, length: 2 + more })),
  );
  const zeros = runs.filter(({ from, to }) => groups.slice(from, to).every((value) => value === 0));
  const [longest] = zeros.toSorted((a, b) => b.length - a.length || a.from - b.from);
  if (longest === undefined) return words.join(":");
  return `${words.slice(0, longest.from).join(":")}::${words.slice(longest.to).join(":")}`;
}

test("what Kubernetes does not read as an address is not read", () => {
  const wrong = [
    ["", " ", "10", "10.0.0", "10.0.0.0.0", "10.0.0.256", "10.0.0.-1", "10.0.0.01", "010.0.0.1", "0x0a.0.0.1", "167772161"],
    ["10.0.0.1 ", " 10.0.0.1", "10.0.0.1\n", "10.0.0.1/32", "10,0,0,1", "１0.0.0.1", "10.0.0.1:80"],
    [":", ":::", "1:2", "1::2::3", "12345::", "::g", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2:3:4:5:6:7:8", "[::1]"],
    ["fe80::1%eth0", "::1%", "::ffff:10.0.0.1", "::ffff:a00:1", "0:0:0:0:0:FFFF:a00:1", "::10.0.0", "::10.0.0.01"],
  ].flat();
  for (const text of wrong) {
    assert.equal(parseAddress(text), undefined, JSON.stringify(text));
    assert.throws(() => toAddress(text), RangeError);
  }
});

test("no text at all makes the parser throw, and what it reads it writes in a form it reads as the same", () => {
  const letters = fc.constantFrom(..."0123456789abcdefABCDEF:./% ".split(""));
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 45 }), (text) => {
      const address = parseAddress(text);
      if (address !== undefined) assert.deepEqual(parseAddress(renderAddress(address)), address);
    }),
    { numRuns: 2000 },
  );
});

test("addresses are ordered by family, then by number", () => {
  const texts = ["2001:db8::", "::2", "10.0.0.10", "9.0.0.0", "10.0.0.9"];
  const sorted = texts.map(toAddress).toSorted(compareAddresses).map(renderAddress);
  assert.deepEqual(sorted, ["9.0.0.0", "10.0.0.9", "10.0.0.10", "::2", "2001:db8::"]);
  assert.equal(compareAddresses(toAddress("10.0.0.1"), toAddress("10.0.0.1")), 0);
});
