import assert from "node:assert/strict";
import { test } from "node:test";
import type { Lease } from "./builtin.ts";
import { freedLease, heldForMs, heldLease } from "./lease.ts";
import type { Stored } from "./resource.ts";

const noon = Date.UTC(2026, 10, 24, 12);
const later = noon + 2_345;

function stored(spec: Lease["spec"]): Stored<Lease> {
  const metadata = { name: "l", uid: "u", resourceVersion: "5", creationTimestamp: "2026-01-01T00:00:00Z", labels: { a: "b" } };
  return { metadata, ...(spec !== undefined && { spec }) };
}

test("a new Lease says who holds it, since when and for how long", () => {
  assert.deepEqual(heldLease(undefined, { identity: "a", leaseMs: 15_000, nowMs: noon }).spec, {
    holderIdentity: "a",
    leaseDurationSeconds: 15,
    acquireTime: "2026-11-24T12:00:00.000000Z",
    renewTime: "2026-11-24T12:00:00.000000Z",
    leaseTransitions: 0,
  });
});

test("a renewal moves the time of renewal alone, and keeps what it does not know", () => {
  const spec = { ...heldLease(undefined, { identity: "a", leaseMs: 15_000, nowMs: noon }).spec, strategy: "x" };
  const renewed = heldLease(stored(spec), { identity: "a", leaseMs: 15_000, nowMs: later });
  assert.deepEqual(renewed.spec, { ...spec, renewTime: "2026-11-24T12:00:02.345000Z" });
  assert.deepEqual(renewed.metadata, stored(spec).metadata);
});

test("another holder is a transition, also after the Lease was given back", () => {
  const held = stored(heldLease(undefined, { identity: "a", leaseMs: 15_000, nowMs: noon }).spec);
  const freed = freedLease(held, noon);
  assert.equal(freed.spec?.holderIdentity, "");
  for (const before of [held, stored(freed.spec)]) {
    const { spec } = heldLease(before, { identity: "b", leaseMs: 15_000, nowMs: later });
    assert.deepEqual([spec?.leaseTransitions, spec?.acquireTime], [1, "2026-11-24T12:00:02.345000Z"]);
  }
});

test("a Lease binds as long as its holder asked for, and not at all without a holder", () => {
  assert.equal(heldForMs(stored({ holderIdentity: "a", leaseDurationSeconds: 7 })), 7_000);
  assert.equal(heldForMs(stored({ holderIdentity: "", leaseDurationSeconds: 7 })), 0);
  assert.equal(heldForMs(stored({ holderIdentity: "a" })), 0);
  assert.equal(heldForMs(stored(undefined)), 0);
});
