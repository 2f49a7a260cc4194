import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { NodeSubnet } from "../../crds/types.ts";
import { runRace } from "../../test/support/allocator-race.ts";
import { tryClaimStore } from "../../test/support/claim-store-contract.ts";
import { networkOf } from "../../test/support/plan-snapshot.ts";
import { raceCollection } from "../../test/support/race-store.ts";

const networks = [networkOf("default", ["10.244.0.0/20", "fd00:10:244::/60"])];
const runs = 500;

test("the simulated claims keep the contract that those in the API server keep", async () => {
  const claims = raceCollection<NodeSubnet>({ revision: 0 }, () => undefined);
  await tryClaimStore({
    write: (step) => Promise.resolve(claims.write(step)),
    get: (name) => Promise.resolve(claims.now().get(name)),
  });
});

test("two or three operators with old views, lost answers and kills never give a prefix twice nor a node two subnets, and come to rest", () => {
  const sum = { claimed: 0, taken: 0, released: 0, surplus: 0 };
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 2, max: 3 }), (seed, operators) => {
      const counts = runRace({ seed, networks, operators, length: 250 });
      for (const key of ["claimed", "taken", "released", "surplus"] as const) sum[key] += counts[key];
    }),
    { numRuns: runs },
  );
  for (const [what, count] of Object.entries(sum))
    assert.ok(count > runs / 10, `only ${count} times ${what}: the schedules are too tame`);
});
