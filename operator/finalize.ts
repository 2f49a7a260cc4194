import { claimsFinalizer } from "../crds/names.ts";
import { pods } from "../lib/kube/builtin.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { type Cluster, podNetworks } from "./cluster.ts";
import {
  type Blockers,
  createPodCount,
  type LeavingNetwork,
  leavingNetworks,
  type UsedPrefix,
  usedPrefixes,
} from "./plan/finalize.ts";
import { holding } from "./plan/node-subnets.ts";
import { ledgerStep } from "./plan/recovery.ts";
import { isServing } from "./plan/release.ts";
import type { Claim, NodeRecord, Snapshot } from "./plan/snapshot.ts";
import { applyFinalizers, type SubnetInput } from "./podnetwork.ts";
import { recordRemoval } from "./release.ts";
import type { WriteNotes } from "./write-report.ts";

/** Sees leaving networks off. */
export interface Finalizer {
  /** Goes on with every leaving network; gives when to look again, undefined when none is left. */
  run(cluster: Cluster, notes: WriteNotes, input: SubnetInput): Promise<number | undefined>;
  /** UID of a network → what was last found in its way. */
  blockers(): ReadonlyMap<string, Blockers>;
}

/** What is known of a leaving network between two looks. */
interface Look {
  readonly blockers: Blockers;
  readonly nextAt: number;
}

/** Between two looks at the pods, at least; more where looking takes long, so that it takes a twentieth of the time at most. */
const lookEveryMs = 3_000;

/** Pods a page. */
const pageSize = 500;

/**
 * A network goes when no pod has an address of it: then its ranges close in the ledger and its claims are laid to rest, so that agents stop giving addresses; when
 * the last claim is gone its NodeNetworks go, and its ranges, then our finalizer.
 * Until then it serves the nodes that have it. Claims of a network whose object is gone all the same end the same way.
 */
export function createFinalizer(clock: Clock): Finalizer {
  const looks = new Map<string, Look>();
  return {
    async run(cluster, notes, input) {
      const leaving = leavingNetworks(await cluster.gather());
      for (const uid of looks.keys()) if (!leaving.some((network) => network.uid === uid)) looks.delete(uid);
      const due = leaving.filter(({ uid }) => (looks.get(uid)?.nextAt ?? 0) <= clock.now());
      const snapshot = due.length === 0 ? undefined : await cluster.gatherNow();
      if (snapshot !== undefined) {
        const around = { cluster, notes, snapshot, clock, looks, input };
        const unused: LeavingNetwork[] = [];
        for (const network of due) if (await isUnused(network, around)) unused.push(network);
        await dismantle(unused, around);
      }
      const next = leaving.map(({ uid }) => looks.get(uid)?.nextAt ?? clock.now() + lookEveryMs);
      return next.length === 0 ? undefined : Math.max(0, Math.min(...next) - clock.now());
    },
    blockers: () => new Map(Array.from(looks, ([uid, look]) => [uid, look.blockers])),
  };
}

interface Surroundings {
  readonly cluster: Cluster;
  readonly notes: WriteNotes;
  readonly input: SubnetInput;
  readonly snapshot: Snapshot;
  readonly clock: Clock;
  readonly looks: Map<string, Look>;
}

/** Whether no pod has an address of it; looks at the pods. */
async function isUnused(network: LeavingNetwork, { cluster, snapshot, clock, looks }: Surroundings): Promise<boolean> {
  if (network.object === undefined && (await isThere(cluster.client, network))) return false;
  const began = clock.now();
  const blockers = await podsOf(cluster.client, usedPrefixes(snapshot, network.uid));
  const took = clock.now() - began;
  looks.set(network.uid, { blockers, nextAt: clock.now() + Math.max(lookEveryMs, took * 20) });
  return blockers.pods === 0;
}

/** One step further with each of them: all of their ranges close in one write. */
async function dismantle(networks: readonly LeavingNetwork[], around: Surroundings): Promise<void> {
  const { cluster, notes, snapshot, clock, looks, input } = around;
  const ending = new Set(networks.map(({ uid }) => uid));
  const closing = ledgerStep(snapshot, { ...input, ending });
  if (closing !== undefined) notes.note([closing.step], await cluster.ledgers.apply([closing.step]));
  const entries = snapshot.ledger?.entries ?? [];
  for (const network of networks) {
    const isOpen = entries.some(({ networkUID, open }) => networkUID === network.uid && open);
    if (snapshot.ledger !== undefined && !isOpen && (await takeApart(network, around))) continue;
    const look = looks.get(network.uid);
    if (look !== undefined) looks.set(network.uid, { ...look, nextAt: clock.now() });
  }
}

/** One step further with a network whose ranges are closed; gives whether nothing of it is left. */
async function takeApart(network: LeavingNetwork, { cluster, notes, snapshot, input }: Surroundings): Promise<boolean> {
  const because = "its network goes and no pod has an address of it";
  const isOf = ({ object }: Claim | NodeRecord) => object.spec.networkUID === network.uid;
  const claims = snapshot.claims.filter(isOf);
  const held = claims.filter(isServing).map(({ object }) => holding(object, because, input.nowMs));
  notes.note(held, await cluster.claims.apply(held));
  if (claims.length > 0) return false;
  const records = snapshot.records.filter(isOf).map(({ object }) => recordRemoval(object, because));
  notes.note(records, await cluster.records.apply(records));
  if (records.length > 0 || snapshot.ledger?.entries.some(({ networkUID }) => networkUID === network.uid) === true) return false;
  if (network.object?.metadata.finalizers?.includes(claimsFinalizer) !== true) return true;
  const step = { op: "change", kind: "PodNetwork", key: network.name, because: "its last claim is gone" } as const;
  return (await notes.attempt(step, () => applyFinalizers(cluster, network, []))) !== undefined;
}

/** Whether the API server has this very network after all, though the local copy does not show it. */
async function isThere(client: KubeClient, { name, uid }: LeavingNetwork): Promise<boolean> {
  return (await client.get(podNetworks, name))?.metadata.uid === uid;
}

async function podsOf(client: KubeClient, used: readonly UsedPrefix[]): Promise<Blockers> {
  const count = createPodCount(used);
  if (used.length === 0) return count.blockers();
  let token: string | undefined;
  do {
    const page = await client.list(pods, { limit: pageSize, ...(token !== undefined && { continue: token }) });
    count.add(
      page.items.map(({ status }) => ({
        phase: status?.phase ?? "",
        addresses: (status?.podIPs ?? []).map(({ ip }) => ip),
      })),
    );
    token = page.continue;
  } while (token !== undefined);
  return count.blockers();
}
