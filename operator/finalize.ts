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
import type { Claim, NodeRecord, Snapshot } from "./plan/snapshot.ts";
import { applyFinalizers } from "./podnetwork.ts";
import { claimRemoval, recordRemoval } from "./release.ts";
import type { WriteLedger } from "./write-report.ts";

/** Sees leaving networks off. */
export interface Finalizer {
  /** Goes on with every leaving network; gives when to look again, undefined when none is left. */
  run(cluster: Cluster, ledger: WriteLedger): Promise<number | undefined>;
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
 * A network goes when no pod has an address of it: then its NodeNetworks are removed, so that agents stop giving addresses, then its claims, then our finalizer.
 * Until then it serves the nodes that have it. Claims of a network whose object is gone all the same end the same way.
 */
export function createFinalizer(clock: Clock): Finalizer {
  const looks = new Map<string, Look>();
  return {
    async run(cluster, ledger) {
      const leaving = leavingNetworks(await cluster.gather());
      for (const uid of looks.keys()) if (!leaving.some((network) => network.uid === uid)) looks.delete(uid);
      const due = leaving.filter(({ uid }) => (looks.get(uid)?.nextAt ?? 0) <= clock.now());
      const snapshot = due.length === 0 ? undefined : await cluster.gatherNow();
      if (snapshot !== undefined) for (const network of due) await see(network, { cluster, ledger, snapshot, clock, looks });
      const next = leaving.map(({ uid }) => looks.get(uid)?.nextAt ?? clock.now() + lookEveryMs);
      return next.length === 0 ? undefined : Math.max(0, Math.min(...next) - clock.now());
    },
    blockers: () => new Map(Array.from(looks, ([uid, look]) => [uid, look.blockers])),
  };
}

interface Surroundings {
  readonly cluster: Cluster;
  readonly ledger: WriteLedger;
  readonly snapshot: Snapshot;
  readonly clock: Clock;
  readonly looks: Map<string, Look>;
}

async function see(network: LeavingNetwork, { cluster, ledger, snapshot, clock, looks }: Surroundings): Promise<void> {
  if (network.object === undefined && (await isThere(cluster.client, network))) return;
  const began = clock.now();
  const blockers = await podsOf(cluster.client, usedPrefixes(snapshot, network.uid));
  const took = clock.now() - began;
  looks.set(network.uid, { blockers, nextAt: clock.now() + Math.max(lookEveryMs, took * 20) });
  if (blockers.pods > 0 || (await dismantle(network, { cluster, ledger, snapshot }))) return;
  looks.set(network.uid, { blockers, nextAt: clock.now() });
}

/** Gives whether nothing of the network is left. */
async function dismantle(
  network: LeavingNetwork,
  { cluster, ledger, snapshot }: Pick<Surroundings, "cluster" | "ledger" | "snapshot">,
): Promise<boolean> {
  const because = "its network goes and no pod has an address of it";
  const isOf = ({ object }: Claim | NodeRecord) => object.spec.networkUID === network.uid;
  const records = snapshot.records.filter(isOf).map(({ object }) => recordRemoval(object, because));
  const told = await cluster.records.apply(records);
  ledger.note(records, told);
  if (told.length > 0) return false;
  const claims = snapshot.claims.filter(isOf).map(({ object }) => claimRemoval(object, because));
  ledger.note(claims, await cluster.claims.apply(claims));
  const left = await cluster.gatherNow();
  if (left.records.some(isOf) || left.claims.some(isOf)) return false;
  if (network.object?.metadata.finalizers?.includes(claimsFinalizer) !== true) return true;
  const step = { op: "change", kind: "PodNetwork", key: network.name, because: "its last claim is gone" } as const;
  return (await ledger.attempt(step, () => applyFinalizers(cluster, network, []))) !== undefined;
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
