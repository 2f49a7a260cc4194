import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { RangeLedgerEntry } from "../../crds/types.ts";
import { prefixesOverlap } from "../../lib/net/prefix.ts";
import { ranges, snapshots } from "../../test/support/arbitrary-snapshot.ts";
import { ledger } from "../../test/support/plan-snapshot.ts";
import { planLedger } from "./ledger.ts";

const arbitraryEntry = fc.record({
  cidr: fc.constantFrom(...ranges, "10.0.0.0/16", "10.0.4.0/22", "fd00::/48"),
  nodePrefixLength: fc.constantFrom(22, 24, 64),
  network: fc.nat(4),
  epoch: fc.nat(9),
  state: fc.constantFrom<RangeLedgerEntry["state"]>("Open", "Closing"),
});

test("whatever the ledger holds, its next state has no overlap that it did not have before, opens nothing again, and gives no epoch twice", () => {
  let entered = 0;
  fc.assert(
    fc.property(snapshots, fc.array(arbitraryEntry, { maxLength: 5 }), fc.nat(9), (snapshot, parts, epoch) => {
      const entries = parts.map(
        (part): RangeLedgerEntry => ({ ...part, network: `network-${part.network}`, networkUID: `uid-network-${part.network}` }),
      );
      const now = ledger({ epoch, entries });
      const plan = planLedger({ ...snapshot, ledger: now });
      const known = now.entries.map((entry) => entry.epoch);
      const isNew = (one: (typeof plan.entries)[number]) =>
        !now.entries.some((entry) => entry.epoch === one.epoch && entry.cidr === one.cidr && entry.networkUID === one.networkUID);
      for (const one of plan.entries.filter(isNew)) {
        entered += 1;
        assert.ok(one.epoch > Math.max(epoch, ...known));
        assert.equal(plan.entries.filter((other) => prefixesOverlap(other.prefix, one.prefix)).length, 1);
        assert.equal(plan.entries.filter((other) => other.epoch === one.epoch).length, 1);
      }
      const opened = (list: typeof plan.entries) => list.filter(({ open }) => open).length;
      assert.ok(opened(plan.entries.filter((one) => !isNew(one))) <= opened(now.entries));
    }),
    { numRuns: 1_000 },
  );
  assert.ok(entered > 200, `only ${entered} ranges entered`);
});

test("a ledger that grows from nothing, as networks come and go, is disjoint at every step", () => {
  fc.assert(
    fc.property(fc.array(snapshots, { minLength: 2, maxLength: 5 }), (views) => {
      let stands = ledger();
      for (const view of views) {
        const { entries } = planLedger({ ...view, ledger: stands });
        for (const [at, one] of entries.entries())
          for (const other of entries.slice(at + 1)) assert.ok(!prefixesOverlap(one.prefix, other.prefix));
        const epoch = Math.max(stands.object.spec.epoch, ...entries.map((entry) => entry.epoch));
        stands = ledger({
          epoch,
          entries: entries.map(({ cidr, subnetLength, network, networkUID, epoch, open }) => {
            return { cidr, nodePrefixLength: subnetLength, network, networkUID, epoch, state: open ? "Open" : "Closing" };
          }),
        });
      }
    }),
    { numRuns: 200 },
  );
});
