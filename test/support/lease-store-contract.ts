import assert from "node:assert/strict";
import type { Lease } from "../../lib/kube/builtin.ts";
import { isKubeError } from "../../lib/kube/errors.ts";
import { freedLease, heldLease, type LeaseStore } from "../../lib/kube/lease.ts";

const request = { timeoutMs: 5_000 };

/**
 * What leader election rests on, tried on a store without the Lease: of several who write what they read, the first one wins.
 * @throws {AssertionError} naming the guarantee that does not hold.
 */
export async function tryLeaseStore(store: LeaseStore): Promise<void> {
  const by = (identity: string) => ({ identity, leaseMs: 15_000, nowMs: Date.UTC(2026, 10, 24, 12) });
  assert.equal(await store.read(request), undefined, "there is none yet");
  const made = await store.write(heldLease(undefined, by("a")), request);
  assert.equal(made.spec?.leaseTransitions, 0);
  assert.equal(await refused(store, heldLease(undefined, by("b"))), true, "it is made once");
  assert.deepEqual(await store.read(request), made, "what was written is read");

  const [first, second] = [heldLease(made, by("b")), heldLease(made, by("c"))];
  const taken = await store.write(first, request);
  assert.equal(await refused(store, second), true, "the second one to write over the same version is refused");
  assert.equal(await refused(store, heldLease(made, by("a"))), true, "and so is the first holder");
  assert.notEqual(taken.metadata.resourceVersion, made.metadata.resourceVersion);
  assert.equal((await store.read(request))?.spec?.holderIdentity, "b");

  const freed = await store.write(freedLease(taken, Date.now()), request);
  assert.equal(freed.spec?.holderIdentity, "", "nobody's");
  const again = await store.write(heldLease(freed, by("a")), request);
  assert.deepEqual([again.spec?.holderIdentity, again.spec?.leaseTransitions], ["a", 2]);
}

async function refused(store: LeaseStore, lease: Lease): Promise<boolean> {
  try {
    await store.write(lease, request);
    return false;
  } catch (error) {
    return isKubeError(error, "Conflict", "AlreadyExists");
  }
}
