import assert from "node:assert/strict";
import type { NodeNetwork, NodeSubnet } from "../../crds/types.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import { prefixesOverlap, toPrefix } from "../../lib/net/prefix.ts";
import type { Step } from "../../lib/reconcile/kind.ts";
import { allocate } from "../../operator/plan/allocate.ts";
import { nodeNetworkSteps } from "../../operator/plan/node-networks.ts";
import { nodeSubnetSteps, withAdded } from "../../operator/plan/node-subnets.ts";
import { readClaim, readNode, readRecord } from "../../operator/plan/read.ts";
import { isOwnerGone, isSurplus, releaseCandidates } from "../../operator/plan/release.ts";
import type { Network, Snapshot } from "../../operator/plan/snapshot.ts";
import { storedMeta } from "./plan-snapshot.ts";
import { type RaceClock, type RaceCollection, raceCollection } from "./race-store.ts";

export interface RaceOptions {
  readonly seed: number;
  readonly networks: readonly Network[];
  readonly operators: number;
  /** Steps of the schedule before everything comes to rest. */
  readonly length: number;
}

/** What a schedule did, to see that it tried something. */
export interface RaceResult {
  readonly claimed: number;
  readonly taken: number;
  readonly released: number;
  readonly surplus: number;
}

interface World {
  readonly clock: RaceClock;
  readonly nodes: RaceCollection<Node>;
  readonly claims: RaceCollection<NodeSubnet>;
  readonly records: RaceCollection<NodeNetwork>;
  readonly counts: { claimed: number; taken: number; released: number; surplus: number };
}

type Pick = (below: number) => number;

/**
 * Plays one schedule: operators that see any old state of the store, stop between any two requests, lose answers and are killed, while nodes come,
 * go and come again under their old name. As the operator does, they read claims after NodeNetworks. After every write the guarantees are checked,
 * and at rest that all is as wanted.
 * @throws {AssertionError} naming the guarantee that did not hold.
 */
export function runRace({ seed, networks, operators, length }: RaceOptions): RaceResult {
  const pick = pickFrom(seed);
  const world = createWorld();
  const start = () => operatorPasses(world, { networks, pick, stale: true });
  const running = Array.from({ length: operators }, start);
  for (let tick = 0; tick < length; tick++) {
    const chance = pick(100);
    const index = pick(operators);
    if (chance < 8) changeNodes(world, pick);
    else if (chance < 10) running[index] = start();
    else running[index]?.next();
  }
  settle(world, networks, pick);
  return world.counts;
}

function createWorld(): World {
  const clock: RaceClock = { revision: 0 };
  const world: World = {
    clock,
    nodes: raceCollection(clock, () => undefined),
    claims: raceCollection(clock, () => checkClaims(world)),
    records: raceCollection(clock, () => checkRecords(world)),
    counts: { claimed: 0, taken: 0, released: 0, surplus: 0 },
  };
  return world;
}

interface OperatorOptions {
  readonly networks: readonly Network[];
  readonly pick: Pick;
  /** Whether it may see old states. */
  readonly stale: boolean;
}

/** One operator for ever; it stands still at each `yield`. */
function* operatorPasses(world: World, options: OperatorOptions): Generator<boolean> {
  const { pick } = options;
  const look = createLook(world, options);
  while (true) {
    const view = look("claims last");
    const steps = nodeSubnetSteps(allocate(view));
    const failed = new Set<string>();
    for (const step of shuffled(steps, pick)) {
      yield true;
      const fate = pick(10);
      const done = fate > 0 && world.claims.write(step);
      if (step.op === "add") world.counts[done ? "claimed" : "taken"] += 1;
      // A fate of 1: it was done, and the answer got lost.
      if (!done || fate === 1) failed.add(step.key);
    }
    const after = withAdded(view, steps, failed);
    const told = nodeNetworkSteps(after, allocate(after));
    for (const step of shuffled(told, pick)) {
      yield true;
      if (pick(10) > 0) world.records.write(step);
    }
    const left = yield* release(world, look("any order"));
    yield steps.length + told.length + left > 0;
  }
}

/** Views of a store, none older than the one before in any collection. */
function createLook(world: World, { networks, pick, stale }: OperatorOptions): (order: "claims last" | "any order") => Snapshot {
  const seen = { nodes: 0, records: 0, claims: 0 };
  const any = (from: number) => (stale ? from + pick(world.clock.revision - from + 1) : world.clock.revision);
  return (order) => {
    seen.nodes = any(seen.nodes);
    seen.records = any(seen.records);
    seen.claims = any(order === "claims last" ? Math.max(seen.claims, seen.records) : seen.claims);
    return {
      networks,
      nodes: Array.from(world.nodes.at(seen.nodes).values(), readNode),
      claims: [...world.claims.at(seen.claims).values()].flatMap((object) => readClaim(object) ?? []),
      records: Array.from(world.records.at(seen.records).values(), readRecord),
    };
  };
}

function* release(world: World, view: Snapshot): Generator<boolean, number> {
  const { departed, surplus, records } = releaseCandidates(view, allocate(view));
  for (const { object } of departed) {
    yield true;
    if (!isOwnerGone(object.spec.nodeUID, world.nodes.now().get(object.spec.node))) continue;
    yield true;
    if (world.claims.write(removal(object))) world.counts.released += 1;
  }
  for (const { object } of surplus) {
    yield true;
    if (!isSurplus(object, world.records.now().get(object.spec.node))) continue;
    yield true;
    if (world.claims.write(removal(object))) world.counts.surplus += 1;
  }
  for (const { node, object } of records) {
    yield true;
    if (world.nodes.now().has(node)) continue;
    yield true;
    world.records.write(removal(object));
  }
  return departed.length + surplus.length + records.length;
}

function removal<T extends NodeSubnet | NodeNetwork>(have: T): Step<T> {
  return { op: "remove", kind: have.kind, key: have.metadata.name, because: "left over", have };
}

function changeNodes({ nodes, clock }: World, pick: Pick): void {
  const number = pick(6);
  const name = `node-${number}`;
  const isThere = nodes.now().has(name);
  const address = { type: "InternalIP", address: `192.168.1.1${number}` };
  const metadata = storedMeta(name, { uid: `${name}-${clock.revision}` });
  if (isThere && pick(3) === 0) nodes.set(name, { metadata: { ...metadata, uid: nodes.now().get(name)?.metadata.uid ?? "" } });
  else nodes.set(name, isThere ? undefined : { metadata, status: { addresses: [address] } });
}

/** Everything rests: passes with an up-to-date view find nothing more to do, and every node has what it shall. */
function settle(world: World, networks: readonly Network[], pick: Pick): void {
  const last = operatorPasses(world, { networks, pick, stale: false });
  for (let quiet = 0, turns = 0; quiet < 3; turns++) {
    assert.ok(turns < 5_000, "the operator never comes to rest");
    quiet = last.next().value === false ? quiet + 1 : 0;
  }
  const live = [...world.nodes.now().values()];
  const families = new Set(networks.flatMap((network) => network.ranges.map((range) => range.prefix.family))).size;
  const owners = Map.groupBy(world.claims.now().values(), (claim) => claim.spec.nodeUID);
  assert.equal(world.claims.now().size, live.length * families, "each node has one claim per family, nobody else has any");
  for (const { metadata } of live) {
    assert.equal(owners.get(metadata.uid)?.length, families, `${metadata.name} has one claim per family`);
    assert.equal(
      world.records.now().get(metadata.name)?.spec.subnets.length,
      families,
      `${metadata.name} was told all its subnets`,
    );
  }
  assert.equal(world.records.now().size, live.length, "no NodeNetwork is left over");
}

function checkClaims(world: World): void {
  const claims = [...world.claims.now().values()].map((claim) => ({ claim, prefix: toPrefix(claim.spec.cidr) }));
  for (const [index, one] of claims.entries())
    for (const other of claims.slice(index + 1))
      assert.ok(!prefixesOverlap(one.prefix, other.prefix), `${one.claim.spec.cidr} and ${other.claim.spec.cidr} overlap`);
  checkRecords(world);
}

/** What a living node was told to use is its own, and one subnet per family. */
function checkRecords(world: World): void {
  for (const [name, { spec }] of world.records.now()) {
    if (world.nodes.now().get(name)?.metadata.uid !== spec.nodeUID) continue;
    const prefixes = spec.subnets.map(({ cidr }) => toPrefix(cidr));
    assert.equal(new Set(prefixes.map((prefix) => prefix.family)).size, prefixes.length, `${name} has one subnet per family`);
    for (const { cidr } of spec.subnets) {
      const owner = [...world.claims.now().values()].find((claim) => claim.spec.cidr === cidr)?.spec.nodeUID;
      assert.equal(owner, spec.nodeUID, `${name} uses ${cidr}, which is its own`);
    }
  }
}

function shuffled<T>(list: readonly T[], pick: Pick): T[] {
  const left = [...list];
  return list.flatMap(() => left.splice(pick(left.length), 1));
}

/** Whole numbers below a bound, the same for the same seed (mulberry32). */
function pickFrom(seed: number): Pick {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(below, 1);
  };
}
