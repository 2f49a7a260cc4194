import assert from "node:assert/strict";
import { test } from "node:test";
import { toPrefix } from "../../lib/net/prefix.ts";
import { node } from "../../test/support/plan-snapshot.ts";
import { chosenAddresses, explainAddresses } from "./node-address.ts";

const addresses = ["fd00:9::11", "10.0.0.11", "192.168.1.11", "fd00:192::11", "192.168.2.11"];
const chosen = (...cidrs: readonly string[]) =>
  chosenAddresses(node("node-1", { addresses }), { nodeCidrs: cidrs.map(toPrefix) });

test("without a choice a node is reached at its first address of each family, IPv4 first", () => {
  assert.deepEqual(chosen(), ["10.0.0.11", "fd00:9::11"]);
});

test("the first prefix that has an address of the node decides, and in it the Node's own order", () => {
  assert.deepEqual(chosen("192.168.0.0/16", "fd00:192::/32"), ["192.168.1.11", "fd00:192::11"]);
  assert.deepEqual(chosen("192.168.2.0/24", "192.168.1.0/24"), ["192.168.2.11"]);
  assert.deepEqual(chosen("172.16.0.0/12", "192.168.2.0/24"), ["192.168.2.11"]);
});

test("a node without an address in any of them has none", () => {
  assert.deepEqual(chosen("172.16.0.0/12"), []);
});

test("the choice is explained, and where there is none what to do", () => {
  const told = (own: readonly string[], ...cidrs: readonly string[]) =>
    explainAddresses(node("node-1", { addresses: own }), { nodeCidrs: cidrs.map(toPrefix) });
  assert.equal(
    told(addresses),
    "others send to 10.0.0.11 (its first InternalIP of IPv4) and fd00:9::11 (its first InternalIP of IPv6)",
  );
  assert.equal(
    told(addresses, "172.16.0.0/12", "192.168.2.0/24"),
    "others send to 192.168.2.11 (its first InternalIP in 192.168.2.0/24)",
  );
  assert.match(
    told(["10.0.0.11"], "172.16.0.0/12"),
    /none of its InternalIPs 10\.0\.0\.11 is in spec\.routing\.nodeAddress\.cidrs; correct either$/,
  );
  assert.match(told([]), /the Node has no InternalIP; give it one$/);
});
