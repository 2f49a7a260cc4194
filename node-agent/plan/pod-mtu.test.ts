import assert from "node:assert/strict";
import { test } from "node:test";
import { otherMtus } from "./pod-mtu.ts";

const ports = (...mtus: readonly number[]) => mtus.map((mtu, n) => ({ name: `veth${n}`, mtu }));

test("pods with another MTU than new ones are counted, and nothing is said where there are none", () => {
  assert.deepEqual(otherMtus(ports(1450, 1450), 1450), []);
  assert.match(
    otherMtus(ports(1500, 1450), 1450)[0] ?? "",
    /^1 pod has an MTU of 1500, new ones get 1450; make the old ones anew/,
  );
  assert.match(otherMtus(ports(1500, 1400, 1500), 1450)[0] ?? "", /^3 pods have an MTU of 1400, 1500, /);
});
