import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { compareAddresses } from "../../lib/net/address.ts";
import { containsAddress, prefixAround } from "../../lib/net/prefix.ts";
import { firstInside, inOrder } from "./address-order.ts";

const address = fc.record(
  { family: fc.constantFrom(4 as const, 6 as const), value: fc.bigInt({ min: 0n, max: 1023n }) },
  { noNullPrototype: true },
);

test("the address found is the lowest of those in the prefix", () => {
  fc.assert(
    fc.property(fc.array(address), address, fc.integer({ min: 0, max: 10 }), (addresses, around, hostBits) => {
      const prefix = prefixAround(around, (around.family === 4 ? 32 : 128) - hostBits);
      const [lowest] = addresses.filter((one) => containsAddress(prefix, one)).toSorted(compareAddresses);
      assert.deepEqual(firstInside(prefix, inOrder(addresses)), lowest);
    }),
  );
});
