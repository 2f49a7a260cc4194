import assert from "node:assert/strict";
import type { NodeSubnet, RangeLedger } from "../../crds/types.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import { prefixesOverlap } from "../../lib/net/prefix.ts";
import { isUnsettled, nodeSubnets, prefixOf, slowestMs, type Truth } from "./truth.ts";
import type { World } from "./world.ts";

type Entry = RangeLedger["spec"]["entries"][number];
type Ledger = Stored<RangeLedger>;

/** Looks at how entries of the ledger come and go beside claims. */
export interface EntryWatch {
  /** @throws where a claim became Active that was made when its entry was closing already. */
  claimChanged(world: World, before: Stored<NodeSubnet> | undefined, after: Stored<NodeSubnet> | undefined): void;
  /** The world took the ledger away. */
  ledgerLost(world: World): void;
  /** @throws where an entry left under a claim, or entered over one. */
  ledgerChanged(world: World, before: Ledger | undefined, after: Ledger | undefined): void;
}

/** One that has seen nothing yet. */
export function createEntryWatch(truth: Truth): EntryWatch {
  /** UID of a claim → the revision at which it was made. */
  const madeAt = new Map<string, number>();
  /** Epoch of an entry → the revision at which it closed. */
  const closedAt = new Map<number, number>();
  let restores = 0;
  let lostAt = Number.NEGATIVE_INFINITY;
  const isDoubtful = (world: World) => {
    if (world.coverage.count("restore") > restores) closedAt.clear();
    restores = world.coverage.count("restore");
    return isUnsettled(truth, world);
  };
  /** A create that was under way since before the first ledger was made succeeds where that one is taken away; whoever looks next finds the loss. */
  const isLateCreate = ({ scheduler }: World, before: Ledger | undefined) =>
    before === undefined && scheduler.now() - lostAt < slowestMs;
  /** Claims that were there before an entry closed were seen by whoever found it closing. */
  const leaves = ({ view }: World, { cidr, epoch }: Entry) => {
    const early = lyingIn(view, cidr).filter(
      ({ metadata }) => (madeAt.get(metadata.uid) ?? 0) < (closedAt.get(epoch) ?? Number.NEGATIVE_INFINITY),
    );
    assert.deepEqual(early.map(describe), [], `${cidr} left the ledger under claims`);
  };
  return {
    claimChanged(world, before, after) {
      if (after === undefined) return;
      const { metadata, spec } = after;
      if (before === undefined) madeAt.set(metadata.uid, world.server.store.revision());
      if (before?.spec.state !== "Pending" || spec.state !== "Active" || isDoubtful(world)) return;
      const isLate = (madeAt.get(metadata.uid) ?? 0) > (closedAt.get(spec.epoch) ?? Number.POSITIVE_INFINITY);
      assert.ok(!isLate, `${metadata.name} became Active, and was made when its entry was closing already`);
    },
    ledgerLost({ scheduler }) {
      lostAt = scheduler.now();
    },
    ledgerChanged(world, before, after) {
      const [old, now] = [before?.spec.entries ?? [], after?.spec.entries ?? []];
      const isEarly = isDoubtful(world);
      for (const { epoch } of now) if (find(old, epoch) === undefined) closedAt.delete(epoch);
      for (const { epoch } of newlyClosing(old, now)) closedAt.set(epoch, world.server.store.revision());
      if (isEarly || isLateCreate(world, before)) return;
      for (const entry of old) if (find(now, entry.epoch) === undefined) leaves(world, entry);
      for (const entry of now) if (find(old, entry.epoch) === undefined) enters(world, entry);
    },
  };
}

function newlyClosing(old: readonly Entry[], now: readonly Entry[]): Entry[] {
  return now.filter(({ state, epoch }) => state === "Closing" && find(old, epoch)?.state !== "Closing");
}

function find(entries: readonly Entry[], epoch: number): Entry | undefined {
  return entries.find((entry) => entry.epoch === epoch);
}

/** Claims of others that count have kept their entry, or keep newcomers out. */
function enters({ view }: World, { cidr, networkUID, nodePrefixLength }: Entry): void {
  const others = lyingIn(view, cidr).filter(({ spec }) => {
    const isOwn = spec.networkUID === networkUID && prefixOf(spec.cidr).length === nodePrefixLength;
    return spec.state !== "Pending" && !isOwn;
  });
  assert.deepEqual(others.map(describe), [], `${cidr} entered the ledger over claims of others`);
}

function lyingIn(view: World["view"], cidr: string): Stored<NodeSubnet>[] {
  return view.list(nodeSubnets).filter(({ spec }) => prefixesOverlap(prefixOf(spec.cidr), prefixOf(cidr)));
}

function describe({ metadata, spec }: Stored<NodeSubnet>): string {
  return `${metadata.name} ${spec.state}`;
}
