// Several replicas that share a Secret and a registration, in every order of their reads and writes.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type CertificateFacts, isForgotten, type LeafFacts, planStep, type Step, type StoredFacts } from "./renewal.ts";

/** Of what an API server may have seen last, this is the oldest. */
const lagMs = 20;
const lives = { authorityMs: 1_200, leafMs: 240, backdateMs: 60, settleMs: 30 };
const names = ["podnet-webhook.kube-system.svc"];

interface Replica {
  /** How far its clock is ahead. */
  readonly skewMs: number;
  /** What it has read and planned in this round; a crash forgets it. */
  registered: Registered | undefined;
  read: Read | undefined;
  planned: Planned | undefined;
  served: LeafFacts | undefined;
  settled: { readonly id: string; readonly since: number } | undefined;
}

interface Registered {
  readonly version: number;
  readonly authorities: readonly string[];
}

interface Read {
  readonly version: number;
  readonly stored: StoredFacts | undefined;
}

interface Planned {
  readonly step: Step;
  /** By its own clock. */
  readonly now: number;
  readonly registered: Registered;
  readonly read: Read;
}

interface World {
  now: number;
  nextId: number;
  secret: { version: number; stored: StoredFacts | undefined };
  registration: { version: number; authorities: readonly string[] };
  /** Registrations that an API server may still go by, with the moment each was replaced. */
  past: { readonly until: number; readonly authorities: readonly string[] }[];
  readonly known: Map<string, CertificateFacts>;
  readonly urgent: Set<string>;
  readonly replicas: readonly Replica[];
  readonly seen: Set<string>;
}

function newReplica(skewMs = 0): Replica {
  return { skewMs, registered: undefined, read: undefined, planned: undefined, served: undefined, settled: undefined };
}

function newWorld(skews: readonly number[]): World {
  return {
    now: 0,
    nextId: 1,
    secret: { version: 1, stored: undefined },
    registration: { version: 1, authorities: [] },
    past: [],
    known: new Map(),
    urgent: new Set(),
    replicas: skews.map(newReplica),
    seen: new Set(),
  };
}

function certificate(world: World, prefix: string, now: number, notAfter: number): CertificateFacts {
  const notBefore = new Date(now - lives.backdateMs);
  const facts = { id: `${prefix}-${world.nextId++}`, notBefore, notAfter: new Date(notAfter) };
  world.known.set(facts.id, facts);
  return facts;
}

function leafOf(world: World, now: number, authority: CertificateFacts): LeafFacts {
  const facts = certificate(world, "leaf", now, Math.min(now + lives.leafMs, authority.notAfter.getTime()));
  return { ...facts, names, authority: authority.id, hasKey: true };
}

/** As `chainAfter` does with real certificates. */
function storedAfter(world: World, now: number, what: string, old: StoredFacts | undefined): StoredFacts {
  const kept = (old?.authorities ?? []).filter((facts) => !isForgotten(facts, new Date(now), lives));
  const newest = kept.at(-1);
  if (what === "leaf" && newest !== undefined) return { authorities: kept, canSign: true, leaf: leafOf(world, now, newest) };
  if (what === "drop") return { authorities: kept, canSign: true, leaf: old?.leaf };
  const authority = certificate(world, "ca", now, now + lives.authorityMs);
  const authorities = [...kept, authority];
  return { authorities, canSign: true, leaf: what === "authority" ? old?.leaf : leafOf(world, now, authority) };
}

/** What a replica does next: the registration read, the Secret read and the step planned, the step done. */
function go(world: World, replica: Replica): void {
  const { registered, read, planned } = replica;
  if (planned !== undefined) {
    act(world, replica, planned);
    Object.assign(replica, { registered: undefined, read: undefined, planned: undefined });
  } else if (registered === undefined) replica.registered = { ...world.registration };
  else if (read === undefined) replica.read = { ...world.secret };
  if (replica.registered !== undefined && replica.read !== undefined && planned === undefined)
    replica.planned = plan(world.now + replica.skewMs, world.now, replica, replica.registered, replica.read);
}

function plan(now: number, clock: number, replica: Replica, registered: Registered, read: Read): Planned {
  const { stored } = read;
  const newest = stored?.authorities.at(-1)?.id;
  const settled = newest !== undefined && registered.authorities.includes(newest) ? newest : undefined;
  if (settled === undefined) replica.settled = undefined;
  else if (replica.settled?.id !== settled) replica.settled = { id: settled, since: clock };
  const wanted = (stored?.authorities ?? []).map(({ id }) => id);
  const differs = wanted.join() === registered.authorities.join() && wanted.length > 0 ? undefined : "it differs";
  const step = planStep({
    registered: { authorities: registered.authorities, differs },
    stored,
    served: replica.served?.id,
    settledMs: replica.settled === undefined ? 0 : clock - replica.settled.since,
    names,
    now: new Date(now),
    lives,
  });
  return { step, now, registered, read };
}

function act(world: World, replica: Replica, { step, now, registered, read: { version, stored } }: Planned): void {
  world.seen.add(step.do === "store" ? `store ${step.what}` : step.do);
  if (step.do === "serve") replica.served = stored?.leaf;
  if (step.do === "register" && registered.version === world.registration.version) {
    world.past.push({ until: world.now, authorities: world.registration.authorities });
    world.registration = { version: registered.version + 1, authorities: (stored?.authorities ?? []).map(({ id }) => id) };
  }
  if (step.do === "store" && version === world.secret.version) write(world, now, step.what, stored);
}

function write(world: World, now: number, what: string, stored: StoredFacts | undefined): void {
  const next = storedAfter(world, now, what, stored);
  const before = stored?.leaf;
  // In haste nothing can be waited for: there was no leaf that anybody could accept.
  const isUrgent = before === undefined || before.notAfter.getTime() < now;
  if (isUrgent && next.leaf !== undefined && next.leaf.id !== before?.id) world.urgent.add(next.leaf.id);
  world.secret = { version: world.secret.version + 1, stored: next };
}

/** Every leaf that is served and not over is accepted by whoever goes by the registration of now, or by one that was replaced just now. */
function assertAccepted(world: World): void {
  const lately = world.past.filter(({ until }) => until > world.now - lagMs).map(({ authorities }) => authorities);
  for (const { served } of world.replicas) {
    if (served === undefined || served.notAfter.getTime() < world.now) continue;
    const views = world.urgent.has(served.id) ? [] : lately;
    for (const view of [world.registration.authorities, ...views])
      assert.ok(isAccepted(world, served, view), `${served.id} is refused at ${world.now}`);
  }
}

function isAccepted({ known, now }: World, { authority = "" }: LeafFacts, authorities: readonly string[]): boolean {
  const end = authorities.includes(authority) ? known.get(authority)?.notAfter.getTime() : undefined;
  return end !== undefined && end >= now;
}

/** A replica does so many things, `pace` apart, while the other one stands still; or it crashes; or time goes by. */
type Move =
  | { readonly replica: number; readonly times: number; readonly pace: number }
  | { readonly crash: number }
  | { readonly wait: number };

const replica = fc.nat(1);
/** Further apart than a new authority is waited for; not so far that one replica takes for over what another one takes for new. */
const skews = fc.tuple(fc.integer({ min: -25, max: 25 }), fc.integer({ min: -25, max: 25 }));
const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(
    { weight: 30, arbitrary: fc.record({ replica, times: fc.integer({ min: 1, max: 3 }), pace: fc.nat(2) }) },
    { weight: 10, arbitrary: fc.record({ replica, times: fc.integer({ min: 10, max: 40 }), pace: fc.nat(15) }) },
    { weight: 1, arbitrary: fc.record({ crash: replica }) },
    { weight: 8, arbitrary: fc.record({ wait: fc.integer({ min: 1, max: 200 }) }) },
    { weight: 1, arbitrary: fc.record({ wait: fc.integer({ min: 200, max: 1_500 }) }) },
  ),
  { minLength: 40, maxLength: 200 },
);

function play(clocks: readonly number[], list: readonly Move[]): World {
  const world = newWorld(clocks);
  for (const move of list) {
    if ("crash" in move) Object.assign(world.replicas[move.crash] ?? {}, newReplica(clocks[move.crash]));
    else if ("wait" in move) world.now += move.wait;
    else
      for (let count = 0; count < move.times; count += 1) {
        go(world, world.replicas[move.replica] ?? newReplica());
        assertAccepted(world);
        world.now += move.pace;
      }
    assertAccepted(world);
  }
  return world;
}

/** What replicas come to that are left alone. */
function settle(world: World): void {
  for (let round = 0; round < 60; round += 1) for (const one of world.replicas) go(world, one);
  for (const { served } of world.replicas) assert.equal(served?.id, world.secret.stored?.leaf?.id);
  assert.deepEqual(
    world.registration.authorities,
    world.secret.stored?.authorities.map(({ id }) => id),
  );
}

test("in every order of reads and writes each served leaf is accepted, at every moment, and replicas left alone agree", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(skews, moves, (clocks, list) => {
      const world = play(clocks, list);
      settle(world);
      assertAccepted(world);
      for (const step of world.seen) seen.add(step);
    }),
    { numRuns: 500 },
  );
  assert.deepEqual(
    [...seen].toSorted(),
    ["nothing", "register", "serve", "store authority", "store drop", "store everything", "store leaf", "wait"],
    "the moves never came to these steps",
  );
});

test("whatever somebody's hand does to the Secret or the registration, replicas come to agree and are accepted", () => {
  const hands: readonly ((world: World) => void)[] = [
    (world) => (world.secret = { version: world.secret.version + 1, stored: undefined }),
    (world) => (world.registration = { version: world.registration.version + 1, authorities: [] }),
    (world) => (world.registration = { version: world.registration.version + 1, authorities: ["foreign"] }),
    ({ secret }) => {
      if (secret.stored !== undefined) secret.stored = { ...secret.stored, canSign: false };
      secret.version += 1;
    },
    ({ secret }) => {
      if (secret.stored !== undefined) secret.stored = { ...secret.stored, leaf: undefined };
      secret.version += 1;
    },
  ];
  fc.assert(
    fc.property(skews, moves, fc.constantFrom(...hands), (clocks, list, hand) => {
      const world = play(clocks, list);
      hand(world);
      settle(world);
      assertAccepted({ ...world, past: [] });
    }),
    { numRuns: 50 },
  );
});
