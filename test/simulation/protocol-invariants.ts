import assert from "node:assert/strict";
import { ledgerName } from "../../crds/names.ts";
import type { NodeNetwork, NodeSubnet, RangeLedger } from "../../crds/types.ts";
import { nodes } from "../../lib/kube/builtin.ts";
import type { KubeObject, Stored } from "../../lib/kube/resource.ts";
import { containsPrefix } from "../../lib/net/prefix.ts";
import { parseJournal } from "../../node-agent/plan/journal.ts";
import { createEntryWatch } from "./entry-watch.ts";
import type { Machine } from "./machine.ts";
import type { StoredRecord } from "./object-store.ts";
import { createRouteWatch } from "./route-watch.ts";
import { mayBeOfUndonePast, nodeNetworks, nodeSubnets, podNetworks, prefixOf, rangeLedgers, type Truth } from "./truth.ts";
import type { Invariant, World } from "./world.ts";

type Claim = Stored<NodeSubnet>;
type Ledger = Stored<RangeLedger>;
type Record = Stored<NodeNetwork>;

/**
 * What the protocol promises of each single write, and of routes, beside what must never come of it: a mistake shows here before chance makes it do harm. What the
 * world's own hand did is nobody's fault.
 */
export function protocolInvariant(truth: Truth): Invariant {
  const routes = createRouteWatch(truth);
  const entries = createEntryWatch(truth);
  return (_view, change, world) => {
    const { plural } = change.kind.resource;
    const isOfUndonePast = mayBeOfUndonePast(truth, world);
    if (plural === "nodesubnets") routes.claimStands(read(change.after));
    if (plural === "nodesubnets") entries.claimChanged(world, read(change.before), read(change.after));
    if (plural === "nodes" && change.after === undefined) routes.nodeWent(change.key);
    if (plural === "nodes" && change.before === undefined) routes.nodeCame(change.key, world.scheduler.now());
    routes.look(world.view, world.scheduler.now());
    if (truth.isWorldActing) {
      if (plural === "rangeledgers" && change.after === undefined) entries.ledgerLost(world);
      return;
    }
    if (plural === "nodesubnets") claimChanged(truth, world, read(change.before), read(change.after));
    else if (plural === "rangeledgers") {
      if (!isOfUndonePast) ledgerChanged(read(change.before), read(change.after));
      entries.ledgerChanged(world, read(change.before), read(change.after));
    } else if (plural === "nodenetworks") recordChanged(truth, world, read(change.before), read(change.after));
  };
}

function read<T extends KubeObject>(record: StoredRecord | undefined): Stored<T> | undefined {
  const object: unknown = record?.object;
  return object as Stored<T> | undefined;
}

function claimChanged(truth: Truth, world: World, before: Claim | undefined, after: Claim | undefined): void {
  const [was, is] = [before?.spec.state, after?.spec.state];
  if (before === undefined && after !== undefined)
    assert.ok(is === "Pending" || is === "Held", `${after.metadata.name} was ${is} from the beginning`);
  if (after !== undefined && was === "Pending" && is === "Active" && !truth.hasLost) liesInItsEntry(world, after);
  if (before !== undefined && after === undefined && was === "Held") everybodySawItHeld(truth, world, before);
}

/** Since the ledger was read after the claim was made, and no entry leaves under a claim, its very entry is still there. */
function liesInItsEntry({ view }: World, { metadata, spec }: Claim): void {
  const { incarnation, entries } = view.get(rangeLedgers, ledgerName)?.spec ?? { incarnation: undefined, entries: [] };
  assert.equal(spec.incarnation, incarnation, `${metadata.name} became Active under another ledger`);
  const entry = entries.find(({ cidr }) => containsPrefix(prefixOf(cidr), prefixOf(spec.cidr)));
  assert.equal(entry?.epoch, spec.epoch, `${metadata.name} became Active under another entry than it was planned from`);
}

/** Of agents that report, before the time for which silent ones are waited for. After a restore an agent may have seen what never was. */
function everybodySawItHeld({ machines, timing, heldSince }: Truth, world: World, { metadata }: Claim): void {
  const { coverage, scheduler } = world;
  const heldMs = scheduler.now() - (heldSince.get(metadata.uid) ?? scheduler.now());
  if (coverage.count("restore") > 0 || heldMs >= timing.holdSeconds * 10_000) return;
  for (const machine of machines.filter((one) => one.isOn && hasReported(one, world))) {
    const known = machine.journal === undefined ? undefined : parseJournal(machine.journal);
    const state = known?.memory.claims.find(({ name }) => name === metadata.name)?.state;
    assert.ok(state === undefined || state === "Held", `${metadata.name} went while ${machine.machineID} takes it for ${state}`);
  }
}

/** Whether its agent has reported for the Node that stands for it now. */
function hasReported({ node, machineID }: Machine, { view }: World): boolean {
  const object = view.get(nodes, node);
  const { status } = view.get(nodeNetworks, node) ?? {};
  const isOfMachine = object?.status?.nodeInfo?.machineID === machineID && status?.machineID === machineID;
  return isOfMachine && status.nodeUID === object.metadata.uid;
}

function ledgerChanged(before: Ledger | undefined, after: Ledger | undefined): void {
  if (before === undefined || after === undefined) return;
  for (const field of ["epoch", "releaseSequence"] as const)
    assert.ok(
      after.spec[field] >= before.spec[field],
      `${field} of the ledger went from ${before.spec[field]} to ${after.spec[field]}`,
    );
  for (const { cidr, epoch, state } of before.spec.entries) {
    const now: RangeLedger["spec"]["entries"][number] | undefined = after.spec.entries.find((entry) => entry.epoch === epoch);
    assert.ok(state === "Closing" || now !== undefined, `${cidr} left the ledger without having been Closing`);
    assert.ok(state === "Open" || now?.state !== "Open", `${cidr} was Closing and is Open again`);
  }
}

function recordChanged({ hasLost }: Truth, { view }: World, before: Record | undefined, after: Record | undefined): void {
  if (after === undefined) return;
  const [old, now] = [before?.spec, after.spec];
  const { name } = after.metadata;
  const isSame = old === now || JSON.stringify(old) === JSON.stringify(now);
  assert.ok(
    isSame || now.configGeneration > (old?.configGeneration ?? 0),
    `NodeNetwork ${name}: generation ${now.configGeneration} is given twice`,
  );
  // After a loss a write that was on its way may name what is no longer there.
  if (hasLost) return;
  const named = new Set(old?.subnets.map(({ cidr }) => cidr));
  const fresh = now.subnets.filter(({ cidr }) => !named.has(cidr));
  for (const { cidr } of fresh) {
    const state = view.get(nodeSubnets, claimName(view, cidr))?.spec.state;
    assert.ok(state !== "Pending", `NodeNetwork ${name} names ${cidr}, whose claim is Pending`);
  }
  if (view.get(podNetworks, now.network ?? "") === undefined) return;
  // One that drains is not given: its machine had it before somebody whose Nodes were of the past wrote for an earlier machine of this name (seed 866826).
  const given = fresh.filter(({ state }) => state === "Active");
  for (const family of [4, 6])
    assert.ok(
      given.filter(({ cidr }) => prefixOf(cidr).family === family).length < 2,
      `NodeNetwork ${name} gets two IPv${family} subnets at once`,
    );
}

function claimName(view: World["view"], cidr: string): string {
  return view.list(nodeSubnets).find(({ spec }) => spec.cidr === cidr)?.metadata.name ?? "";
}
