import assert from "node:assert/strict";
import type { NodeSubnet } from "../../crds/types.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import type { Step } from "../../lib/reconcile/kind.ts";

/** Where claims are kept. */
export interface ClaimStore {
  /** Whether it was done. */
  write(step: Step<NodeSubnet>): Promise<boolean>;
  get(name: string): Promise<Stored<NodeSubnet> | undefined>;
}

const key = "10.77.7.0-24";
const base = { kind: "NodeSubnet", key, because: "the contract" } as const;

/**
 * What allocation rests on, tried on a store without claims: a name is given once, and nothing is changed or removed that is no longer as it was read.
 * @throws {AssertionError} naming the guarantee that does not hold.
 */
export async function tryClaimStore(store: ClaimStore): Promise<void> {
  assert.equal(await store.write({ ...base, op: "add", want: claimFor("a") }), true, "a free name is given");
  assert.equal(await store.write({ ...base, op: "add", want: claimFor("b") }), false, "a name is given once");
  const first = (await store.get(key)) ?? assert.fail("what was given is there");
  assert.equal(first.spec.node, "a", "the first one keeps it");

  const moved = { ...first, spec: { ...first.spec, nextHops: ["192.168.1.11"] } };
  assert.equal(await store.write({ ...base, op: "change", want: moved, have: first }), true, "what is as it was read is changed");
  const other = { ...first, spec: { ...first.spec, nextHops: ["192.168.1.12"] } };
  assert.equal(await store.write({ ...base, op: "change", want: other, have: first }), false, "an outdated change is refused");
  assert.equal(await store.write({ ...base, op: "remove", have: first }), false, "an outdated removal is refused");
  const second = (await store.get(key)) ?? assert.fail("it is still there");
  assert.deepEqual(second.spec.nextHops, ["192.168.1.11"]);
  assert.equal(second.metadata.uid, first.metadata.uid);

  assert.equal(await store.write({ ...base, op: "remove", have: second }), true, "what is as it was read is removed");
  assert.equal(await store.get(key), undefined);
  assert.equal(await store.write({ ...base, op: "add", want: claimFor("c") }), true, "a name is free again");
  await store.write({ ...base, op: "remove", have: second });
  assert.equal((await store.get(key))?.spec.node, "c", "the removal of an earlier one leaves the later one alone");
}

function claimFor(node: string): NodeSubnet {
  const spec = {
    network: "contract",
    networkUID: "contract",
    node,
    nodeUID: node,
    cidr: "10.77.7.0/24",
    state: "Pending" as const,
    incarnation: "contract",
    epoch: 1,
    nextHops: [],
    nodeAddresses: [],
  };
  return { apiVersion: "podnet.dev/v1alpha1", kind: "NodeSubnet", metadata: { name: key }, spec };
}
