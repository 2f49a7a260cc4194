import assert from "node:assert/strict";
import { test } from "node:test";
import { podMtu } from "./mtu.ts";

test("direct routing adds nothing to a packet, so pods have the uplink's MTU", () => {
  assert.equal(podMtu(1500, "Direct"), 1500);
  assert.equal(podMtu(9000, "Direct"), 9000);
});
