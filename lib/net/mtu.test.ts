import assert from "node:assert/strict";
import { test } from "node:test";
import { vxlanMtu } from "./mtu.ts";

test("VXLAN takes 50 bytes of each packet between IPv4 nodes, and 70 between IPv6 nodes", () => {
  assert.equal(vxlanMtu(1500, 4), 1450);
  assert.equal(vxlanMtu(1500, 6), 1430);
  assert.equal(vxlanMtu(9000, 4), 8950);
});
