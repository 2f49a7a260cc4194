import assert from "node:assert/strict";
import { test } from "node:test";
import { readHost } from "./host.ts";

test("a DNS name is taken as it is, an address in its canonical form", () => {
  const read = ["podnet.example.com", "localhost", "192.168.1.10", "FD00:0:0::10", "64:ff9b::10.0.0.1"].map(readHost);
  assert.deepEqual(read, ["podnet.example.com", "localhost", "192.168.1.10", "fd00::10", "64:ff9b::a00:1"]);
});

test("what a certificate or a URL cannot carry is no host", () => {
  const refused = ["192.168.1.256", "::ffff:10.0.0.1", "fe80::1%eth0", "[::1]", "a:443", "https://a", "-a", "a..b", "a b"];
  assert.deepEqual(
    refused.filter((text) => readHost(text) !== undefined),
    [],
  );
});
