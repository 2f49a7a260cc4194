import assert from "node:assert/strict";
import { ledgerName } from "../../crds/names.ts";
import type { NodeNetwork, NodeSubnet, RangeLedger } from "../../crds/types.ts";
import { nodes } from "../../lib/kube/builtin.ts";
import type { KubeObject, Stored } from "../../lib/kube/resource.ts";
import { prefixesOverlap } from "../../lib/net/prefix.ts";
import { leasesIn } from "./machine.ts";
import type { Change, StoredRecord } from "./object-store.ts";
import { isObject, type JsonObject, sameJson } from "./plain-json.ts";
import {
  forsake,
  isLapsed,
  isUnsettled,
  noteErased,
  nodeNetworks,
  nodeSubnets,
  podNetworks,
  prefixOf,
  rangeLedgers,
  slowestMs,
  strayClaims,
  type Truth,
} from "./truth.ts";
import type { Invariant, World } from "./world.ts";

/** What must hold after every write, of whatever object. */
export function proofInvariant(truth: Truth): Invariant {
  return (_view, change, world) => {
    const { plural } = change.kind.resource;
    if (plural === "nodesubnets") claimChanged(truth, world, read(change.before), read(change.after));
    else if (plural === "rangeledgers") ledgerChanged(truth, world, read(change.before), read(change.after));
    else if (plural === "nodenetworks") recordChanged(truth, world, read(change.before), read(change.after));
  };
}

function read<T extends KubeObject>(record: StoredRecord | undefined): Stored<T> | undefined {
  const object: unknown = record?.object;
  return object as Stored<T> | undefined;
}

type Claim = Stored<NodeSubnet>;

function claimChanged(truth: Truth, world: World, before: Claim | undefined, after: Claim | undefined): void {
  if (truth.isWorldActing) {
    if (after === undefined && before !== undefined) noteErased(truth, world, before.spec.cidr, before.spec.node);
    return;
  }
  if (after !== undefined) claimWritten(truth, world, before, after);
  else if (before !== undefined) mayGo(truth, world, before);
}

function claimWritten(truth: Truth, world: World, before: Claim | undefined, after: Claim): void {
  const [was, is] = [before?.spec.state, after.spec.state];
  if (is !== "Pending" && was !== is) noneOverlaps(world, after);
  if (is === "Active" || is === "Draining") inTheLedger(truth, world);
  if (is !== "Held" || was === "Held") return;
  truth.heldSince.set(after.metadata.uid, world.scheduler.now());
  if (before !== undefined && !isUnsettled(truth, world)) mayBeHeld(truth, world, before);
}

function noneOverlaps({ view }: World, { metadata, spec }: Claim): void {
  const prefix = prefixOf(spec.cidr);
  for (const other of view.list(nodeSubnets))
    assert.ok(
      other.metadata.uid === metadata.uid ||
        other.spec.state === "Pending" ||
        !prefixesOverlap(prefix, prefixOf(other.spec.cidr)),
      `claims ${metadata.name} and ${other.metadata.name} overlap`,
    );
}

function inTheLedger({ excused }: Truth, { view }: World): void {
  const strays = strayClaims(view).filter(({ metadata }) => !excused.has(metadata.uid));
  assert.deepEqual(
    strays.map(({ metadata }) => metadata.name),
    [],
    "claims in use lie in no entry of the ledger",
  );
}

/**
 * A claim is laid to rest only where its Node is gone, its network goes, or its machine has nothing of it any more. Or where one operator told the node of it while
 * the write of another, which had found it unused, was under way: then the next pass takes it back.
 */
function mayBeHeld({ machines, toldAt }: Truth, { view, scheduler }: World, { metadata, spec }: Claim): void {
  const node = view.get(nodes, spec.node);
  if (node?.metadata.uid !== spec.nodeUID) return;
  const isJustTold = scheduler.now() - (toldAt.get(`${spec.node} ${spec.cidr}`) ?? -Infinity) < slowestMs;
  const isNamed = view.get(nodeNetworks, spec.node)?.spec.subnets.some(({ cidr }) => cidr === spec.cidr) === true;
  if (isJustTold && isNamed && node.metadata.deletionTimestamp === undefined) return;
  const network = view.get(podNetworks, spec.network);
  if (network?.metadata.uid !== spec.networkUID || network.metadata.deletionTimestamp !== undefined) return;
  const having = machines.filter(({ node, isOn, bridge }) => node === spec.node && isOn && bridge.has(spec.cidr));
  assert.deepEqual(
    having.map(({ machineID }) => machineID),
    [],
    `${metadata.name} was Held while its node has it`,
  );
}

/** A claim goes only when it was Pending, or was Held long enough, and no machine that is heard of has it. */
function mayGo(truth: Truth, world: World, { metadata, spec }: Claim): void {
  const { coverage, scheduler } = world;
  if (spec.state === "Pending") return;
  assert.equal(spec.state, "Held", `${metadata.name} went without having been Held`);
  const since = truth.heldSince.get(metadata.uid);
  const heldMs = scheduler.now() - (since ?? Number.NEGATIVE_INFINITY);
  // Seconds in objects are whole ones.
  assert.ok(heldMs >= (truth.timing.holdSeconds - 1) * 1_000, `${metadata.name} was Held for ${heldMs} ms only`);
  coverage.hit("released");
  for (const machine of truth.machines) {
    if (!machine.isOn || !machine.bridge.has(spec.cidr) || machine.forsaken.has(spec.cidr)) continue;
    const words = `${metadata.name} went while ${machine.machineID} has it, with ${leasesIn(machine, spec.cidr)} leases`;
    assert.ok(machine.node !== spec.node || isLapsed(truth, machine, world), words);
    forsake(world, [machine, spec.cidr]);
  }
}

type Ledger = Stored<RangeLedger>;

function ledgerChanged(truth: Truth, world: World, before: Ledger | undefined, after: Ledger | undefined): void {
  if (truth.isWorldActing) return;
  assert.ok(after !== undefined, "somebody deleted the ledger");
  const { entries, incarnation } = after.spec;
  entries.forEach((entry, index) => {
    for (const other of entries.slice(0, index))
      assert.ok(
        !prefixesOverlap(prefixOf(entry.cidr), prefixOf(other.cidr)),
        `the ledger has ${entry.cidr} and ${other.cidr}, which overlap`,
      );
    const range = `${entry.cidr} ${entry.nodePrefixLength} ${entry.networkUID}`;
    const key = `${incarnation} ${entry.epoch}`;
    const given = truth.epochs.get(key);
    assert.ok(given === undefined || given.range === range, `epoch ${key} was given to ${given?.range}, and now to ${range}`);
    if (given === undefined) truth.epochs.set(key, { range, revision: world.server.store.revision() });
  });
  inTheLedger(truth, world);
  const [was, is] = [before?.spec.recovery, after.spec.recovery];
  if (is !== undefined && is.since !== was?.since) world.coverage.hit("recoveryRaised");
  if (was !== undefined && is === undefined) world.coverage.hit("recoveryEnded");
}

type Record = Stored<NodeNetwork>;

function recordChanged(truth: Truth, { scheduler }: World, before: Record | undefined, after: Record | undefined): void {
  const { machines, toldAt } = truth;
  const known = new Set(before?.spec.subnets.map(({ cidr }) => cidr));
  for (const { cidr } of after?.spec.subnets ?? [])
    if (!known.has(cidr)) toldAt.set(`${after?.metadata.name} ${cidr}`, scheduler.now());
  const { machineID } = after?.status ?? {};
  if (machineID === undefined || before?.status === after?.status) return;
  const machine = machines.find((candidate) => candidate.machineID === machineID);
  if (machine !== undefined) machine.heardAt = scheduler.now();
}

/** Whether a write is a mere sign of life. */
export function isSignOfLife({ kind, before, after }: Change): boolean {
  const { plural } = kind.resource;
  if (plural === "leases") return true;
  if (plural !== "nodenetworks" || before === undefined || after === undefined) return false;
  return sameJson(before.object["spec"], after.object["spec"]) && sameJson(silent(before), silent(after));
}

function silent({ object: { status } }: StoredRecord): JsonObject {
  return { ...(isObject(status) ? status : {}), observedAt: "" };
}

/** The entry of the ledger that a claim was planned from, as it stands. */
export function entryOf({ view }: Pick<World, "view">, { spec }: Claim) {
  const ledger = view.get(rangeLedgers, ledgerName);
  if (ledger?.spec.incarnation !== spec.incarnation) return undefined;
  return ledger.spec.entries.find(({ epoch, networkUID }) => epoch === spec.epoch && networkUID === spec.networkUID);
}
