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
import { restStep } from "./plan/node-subnets.ts";
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
  /** Set where nothing could be done but wait: what was left then. Once something else is, it is looked at without waiting any longer. */
  readonly left?: string;
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
      const seen = await cluster.gather();
      const leaving = leavingNetworks(seen);
      for (const uid of looks.keys()) if (!leaving.some((network) => network.uid === uid)) looks.delete(uid);
      const isDue = ({ nextAt, left }: Look, uid: string) =>
        nextAt <= clock.now() || (left !== undefined && left !== leftOf(seen, uid));
      const due = leaving.map(({ uid }) => uid).filter((uid) => isDue(looks.get(uid) ?? neverLooked, uid));
      if (due.length > 0) {
        const snapshot = await cluster.gatherNow();
        const around = { cluster, notes, snapshot, clock, looks, input };
        // A copy may be of a past in which a network was leaving that a restore has brought back.
        const still = leavingNetworks(snapshot).filter(({ uid }) => due.includes(uid));
        await dismantle(await unusedOf(still, around), around);
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

/** Those that no pod has an address of; looks at all pods once. */
async function unusedOf(networks: readonly LeavingNetwork[], around: Surroundings): Promise<LeavingNetwork[]> {
  const { cluster, snapshot, clock, looks } = around;
  const began = clock.now();
  const going: LeavingNetwork[] = [];
  for (const network of networks)
    if (network.object !== undefined || !(await isThere(cluster.client, network))) going.push(network);
  const seen = await podsOf(
    cluster.client,
    going.map(({ uid }) => usedPrefixes(snapshot, uid)),
  );
  const nextAt = clock.now() + Math.max(lookEveryMs, (clock.now() - began) * 20);
  const found = going.map((network, index) => ({ network, blockers: seen[index] ?? noBlockers }));
  for (const { network, blockers } of found) looks.set(network.uid, { blockers, nextAt });
  return found.filter(({ blockers }) => blockers.pods === 0).map(({ network }) => network);
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
    const came = snapshot.ledger === undefined || isOpen ? "Step" : await takeApart(network, around);
    const look = looks.get(network.uid);
    if (look === undefined || came === "Gone") continue;
    looks.set(network.uid, came === "Wait" ? { ...look, left: leftOf(snapshot, network.uid) } : { ...look, nextAt: clock.now() });
  }
}

/** How much is left of a network, as text. */
function leftOf({ claims, records, ledger }: Snapshot, uid: string): string {
  const isOf = ({ object }: Claim | NodeRecord) => object.spec.networkUID === uid;
  const entries = (ledger?.entries ?? []).filter(({ networkUID }) => networkUID === uid);
  return `${claims.filter(isOf).length} claims, ${records.filter(isOf).length} NodeNetworks, ${entries.length} entries`;
}

/**
 * One step further with a network whose ranges are closed. `"Gone"`: nothing of it is left. `"Wait"`: there is nothing to do before its claims have rested, or
 * before its ranges have left the ledger.
 */
async function takeApart(
  network: LeavingNetwork,
  { cluster, notes, snapshot, input }: Surroundings,
): Promise<"Gone" | "Step" | "Wait"> {
  const because = "its network goes and no pod has an address of it";
  const isOf = ({ object }: Claim | NodeRecord) => object.spec.networkUID === network.uid;
  const claims = snapshot.claims.filter(isOf);
  const held = claims.filter(isServing).map(({ object }) => restStep(object, because, input.nowMs));
  notes.note(held, await cluster.claims.apply(held));
  if (claims.length > 0) return held.length > 0 ? "Step" : "Wait";
  const records = snapshot.records.filter(isOf).map(({ object }) => recordRemoval(object, because));
  notes.note(records, await cluster.records.apply(records));
  if (records.length > 0) return "Step";
  if (snapshot.ledger?.entries.some(({ networkUID }) => networkUID === network.uid) === true) return "Wait";
  if (network.object?.metadata.finalizers?.includes(claimsFinalizer) !== true) return "Gone";
  const step = { op: "change", kind: "PodNetwork", key: network.name, because: "its last claim is gone" } as const;
  return (await notes.attempt(step, () => applyFinalizers(cluster, network, []))) === undefined ? "Step" : "Gone";
}

/** Whether the API server has this very network after all, though the local copy does not show it. */
async function isThere(client: KubeClient, { name, uid }: LeavingNetwork): Promise<boolean> {
  return (await client.get(podNetworks, name))?.metadata.uid === uid;
}

const noBlockers: Blockers = { pods: 0, nodes: [] };
const neverLooked: Look = { blockers: noBlockers, nextAt: 0 };

/** Pods with an address of one of the prefixes, for each list of them. */
async function podsOf(client: KubeClient, lists: readonly (readonly UsedPrefix[])[]): Promise<Blockers[]> {
  const counts = lists.map(createPodCount);
  if (lists.every((used) => used.length === 0)) return counts.map((count) => count.blockers());
  let token: string | undefined;
  do {
    const page = await client.list(pods, { limit: pageSize, ...(token !== undefined && { continue: token }) });
    const found = page.items.map(({ status }) => ({
      phase: status?.phase ?? "",
      addresses: (status?.podIPs ?? []).map(({ ip }) => ip),
    }));
    for (const count of counts) count.add(found);
    token = page.continue;
  } while (token !== undefined);
  return counts.map((count) => count.blockers());
}
