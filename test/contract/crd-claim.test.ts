// What the API server itself holds of claims and of the ledger, whoever writes them: one owner, one way through the states, one ledger.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { nodeSubnetResource, rangeLedgerResource } from "../../crds/names.ts";
import type { NodeSubnet, NodeSubnetSpec, RangeLedger, RangeLedgerEntry } from "../../crds/types.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import { isKubeError } from "../../lib/kube/errors.ts";
import type { Resource, Stored } from "../../lib/kube/resource.ts";
import { type CrdLab, refusedFor, startCrdLab } from "../support/crd-lab.ts";
import { claimOf, entryOf, ledgerOf } from "../support/network-sample.ts";

const nodeSubnets: Resource<NodeSubnet> = nodeSubnetResource;
const rangeLedgers: Resource<RangeLedger> = rangeLedgerResource;

let site: CrdLab | undefined;
let client: KubeClient;

before(async () => {
  site = await startCrdLab("crd-claim");
  ({ client } = site);
});
after(() => site?.stop());

const heldAt = "2026-11-24T12:00:00Z";
const cidrs = Array.from({ length: 250 }, (_, index) => `10.244.${index + 5}.0/24`).values();

/** A claim that nobody has yet, stored. */
async function stored(part: Partial<NodeSubnetSpec> = {}): Promise<Stored<NodeSubnet>> {
  return client.create(nodeSubnets, claimOf("node-1", cidrs.next().value ?? "", part));
}

type Change = { readonly [K in keyof NodeSubnetSpec]?: NodeSubnetSpec[K] | undefined };

/** The same claim with another spec, written; what is given as undefined is taken out. */
async function changed({ spec, ...claim }: Stored<NodeSubnet>, change: Change): Promise<Stored<NodeSubnet>> {
  const merged: NodeSubnetSpec = JSON.parse(JSON.stringify({ ...spec, ...change }));
  return client.replace(nodeSubnets, { ...claim, spec: merged });
}

test("a prefix of either family is claimed once, whoever comes second", async () => {
  for (const cidr of ["10.244.1.0/24", "fd00:10:244:1::/64"]) {
    await client.create(nodeSubnets, claimOf("node-1", cidr));
    await assert.rejects(client.create(nodeSubnets, claimOf("node-2", cidr)), (error) => isKubeError(error, "AlreadyExists"));
  }
});

test("a claim cannot have the name of another prefix, in either family, so nobody gets a prefix twice by another name", async () => {
  for (const [cidr, name] of [
    ["10.244.2.0/24", "10.244.3.0-24"],
    ["10.244.2.0/24", "10.244.2.0-25"],
    ["10.244.2.0/24", "mine"],
    ["fd00:10:244:2::/64", "fd00-0010-0244-0003-0000-0000-0000-0000-64"],
    ["fd00:10:244:2::/64", "fd00-0010-0244-0002-0000-0000-0000-0000-65"],
    ["fd00:10:244:2::/64", "fd00-10-244-2-0-0-0-0-64"],
    ["fd00:10:244:2::/64", "fd00-0010-0244-0002-0000-0000-0000-0000.64"],
    ["fd00:10:244:2::/64", "fd00-0010-0244-0002-0000-0000-0000-0000-064"],
    ["fd00:10:244:2::/64", "mine"],
  ] as const) {
    const renamed = { ...claimOf("node-1", cidr), metadata: { name } };
    await assert.rejects(client.create(nodeSubnets, renamed), refusedFor(/is not the name of/), `${name} for ${cidr}`);
  }
});

test("a claim takes other addresses of its node, but never another owner or prefix", async () => {
  const claim = await stored();
  const moved = await changed(claim, { nextHops: ["192.168.1.99"] });
  assert.deepEqual(moved.spec.nextHops, ["192.168.1.99"]);
  for (const part of [{ network: "other" }, { networkUID: "n-2" }, { node: "node-2" }, { cidr: "10.244.3.0/24" }])
    await assert.rejects(changed(moved, part), refusedFor(/the owner of a claim never changes/));
});

test("a claim that is no canonical prefix is refused", async () => {
  for (const cidr of ["10.244.3.1/24", "10.244.3.0"]) {
    const right = claimOf("node-1", "10.244.3.0/24");
    const wrong = { ...right, spec: { ...right.spec, cidr } };
    await assert.rejects(client.create(nodeSubnets, wrong), refusedFor(/must be a prefix in canonical form/));
  }
});

const states = ["Pending", "Active", "Draining", "Held"] as const;
const allowed = new Set(["Pending Active", "Active Draining", "Active Held", "Draining Active", "Draining Held", "Held Active"]);

for (const from of states)
  for (const to of states) {
    const may = from === to || allowed.has(`${from} ${to}`);
    test(`a claim ${may ? "goes" : "does not go"} from ${from} to ${to}`, async () => {
      const claim = await stored({ state: from, ...(from === "Held" && { heldAt }) });
      const write = changed(claim, { state: to, heldAt: to === "Held" ? heldAt : undefined });
      if (may) assert.equal((await write).spec.state, to);
      else await assert.rejects(write, refusedFor(new RegExp(`spec.state.*does not go from ${from} to ${to}`)));
    });
  }

test("a claim goes to another Node object only from Held to Active", async () => {
  for (const state of ["Pending", "Active", "Draining"] as const)
    await assert.rejects(changed(await stored({ state }), { nodeUID: "u-2" }), refusedFor(/only a Held claim goes to another/));
  const held = await stored({ state: "Held", heldAt });
  await assert.rejects(changed(held, { nodeUID: "u-2" }), refusedFor(/only a Held claim goes to another/));
  assert.equal((await changed(held, { nodeUID: "u-2", state: "Active", heldAt: undefined })).spec.nodeUID, "u-2");
});

test("the time of the hold stands exactly where a claim is Held", async () => {
  const words = refusedFor(/spec.heldAt.*stands exactly where the state is Held/);
  await assert.rejects(stored({ state: "Held" }), words);
  for (const state of ["Pending", "Active", "Draining"] as const) await assert.rejects(stored({ state, heldAt }), words);
  await assert.rejects(changed(await stored(), { state: "Held" }), words);
  await assert.rejects(changed(await stored({ state: "Held", heldAt }), { state: "Active" }), words);
  await assert.rejects(stored({ state: "Held", heldAt: "today" }), refusedFor(/spec.heldAt/));
});

test("a release gets its number after the claim is Held, and loses it when the claim comes back", async () => {
  await assert.rejects(stored({ releaseSequence: 1 }), refusedFor(/spec.releaseSequence.*stands only where the state is Held/));
  const together = { state: "Held", heldAt, releaseSequence: 1 } as const;
  await assert.rejects(changed(await stored(), together), refusedFor(/spec.releaseSequence.*by a write of its own/));
  const numbered = await changed(await stored({ state: "Held", heldAt }), { releaseSequence: 1 });
  assert.equal(numbered.spec.releaseSequence, 1);
  await assert.rejects(
    changed(numbered, { state: "Active", heldAt: undefined }),
    refusedFor(/stands only where the state is Held/),
  );
  await changed(numbered, { state: "Active", heldAt: undefined, releaseSequence: undefined });
});

/** So many entries, as long as entries get with ordinary names. */
function entries(count: number): RangeLedgerEntry[] {
  const part = { network: "n".repeat(63), networkUID: "u".repeat(36), epoch: 2 ** 40, state: "Closing" } as const;
  return Array.from({ length: count }, (_, index) =>
    entryOf(`2001:db8:1111:2222:3333:4444:${(4096 + index).toString(16)}:0/112`, { ...part, nodePrefixLength: 126 }),
  );
}

test("there is one RangeLedger, named cluster", async () => {
  const other = { ...ledgerOf([]), metadata: { name: "other" } };
  await assert.rejects(client.create(rangeLedgers, other), refusedFor(/there is one RangeLedger, named cluster/));
});

test("a ledger of 4096 entries is written, changed and read in one piece, and one of 4097 is refused", async (t) => {
  const began = performance.now();
  const full = await client.create(rangeLedgers, ledgerOf(entries(4096)));
  const created = performance.now();
  const next = await client.replace(rangeLedgers, { ...full, spec: { ...full.spec, releaseSequence: 1 } });
  const replaced = performance.now();
  assert.equal((await client.get(rangeLedgers, "cluster"))?.spec.entries.length, 4096);
  const kib = Math.round(JSON.stringify(next).length / 1024);
  t.diagnostic(`${kib} KiB, created in ${Math.round(created - began)} ms, changed in ${Math.round(replaced - created)} ms`);
  await assert.rejects(client.replace(rangeLedgers, full), (error) => isKubeError(error, "Conflict"));
  const tooLong = { ...next, spec: { ...next.spec, entries: entries(4097) } };
  await assert.rejects(client.replace(rangeLedgers, tooLong), refusedFor(/spec.entries: Too many: 4097/));
});
