import type { Clock } from "../lib/reconcile/clock.ts";
import { backoffMs } from "../lib/reconcile/backoff.ts";
import type { Step } from "../lib/reconcile/kind.ts";
import type { RunResult } from "../lib/reconcile/loop.ts";
import type { Cluster } from "./cluster.ts";
import { createFinalizer } from "./finalize.ts";
import { writeNodeConditions } from "./node-condition.ts";
import type { DriftWord } from "./plan/drift.ts";
import { driftWords } from "./plan/drift-events.ts";
import type { PlannedEvent } from "./plan/events.ts";
import { planHolds } from "./plan/hold.ts";
import type { Found } from "./plan/network-figures.ts";
import { nodeStates } from "./plan/node-states.ts";
import { refusedWrites } from "./plan/refused-writes.ts";
import type { Snapshot } from "./plan/snapshot.ts";
import { standingEvents } from "./plan/standing-events.ts";
import { summarize } from "./plan/summarize.ts";
import { claimSubnets, type SubnetInput, type TellInput, tellNodes } from "./podnetwork.ts";
import { releaseLeftovers } from "./release.ts";
import { createSightings } from "./sightings.ts";
import { liftStartupTaints } from "./startup-taint.ts";
import { createSummaryWriter } from "./summary.ts";
import { createWriteNotes, isLostRace, type WriteNotes, type WriteReport } from "./write-report.ts";

export interface PassOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  /** Milliseconds since 1970, for the times in objects. */
  readonly wallClock: () => number;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  /** Gives a text that was never given before. */
  readonly newIncarnation: () => string;
  readonly timing: PassTiming;
  /** So many new claims or more: telling their nodes takes long enough that others, which have none yet, go first. Default 100. */
  readonly manyClaims?: number;
}

export interface PassTiming {
  /** How long agents have to report after a loss. */
  readonly recoverySeconds: number;
  /** Between two signs of life of an agent, in a small cluster. */
  readonly heartbeatSeconds: number;
}

/** What came of a pass. */
export interface PassResult {
  readonly report: WriteReport;
  /** What people should know though no object says it; the same as long as it is so. */
  readonly standing: readonly PlannedEvent[];
  /** What agents say of drift. */
  readonly drift: readonly DriftWord[];
  /** What is shown of networks. */
  readonly found: Found;
  readonly next: RunResult;
}

/** While nodes keep coming they are given subnets first, for so long; what else there is to write, several times a node, waits. */
const subnetsFirstMs = 30_000;

/**
 * One pass over everything: subnets, then what is left over, then leaving networks, then what people see of it. It remembers nothing that the next pass needs
 * for being right, only when it last looked and wrote. A write that fails does not stop the others.
 * @throws when the API server cannot be asked.
 */
export function createPass({
  cluster,
  clock,
  wallClock,
  random,
  newIncarnation,
  timing,
  manyClaims = 100,
}: PassOptions): () => Promise<PassResult> {
  const finalizer = createFinalizer(clock);
  const summaries = createSummaryWriter(clock);
  const sightings = createSightings(clock);
  let failedInARow = 0;
  let knownBack = 0;
  return async () => {
    const notes = createWriteNotes();
    const back = cluster.timesBack();
    const known = { wentBack: back > knownBack, sightings, ...timing };
    const input = () => ({ nowMs: wallClock(), newIncarnation: newIncarnation(), ...known });
    sightings.look(await cluster.gather());
    await writeSubnets({ cluster, clock, notes, input, manyClaims });
    if (notes.report().written.some(({ kind }) => kind === "RangeLedger")) knownBack = back;
    const restAgain = await releaseLeftovers(cluster, notes, input());
    const lookAgain = await finalizer.run(cluster, notes, { ...input(), wentBack: false });

    const snapshot = await cluster.gather();
    const allocation = cluster.allocation(snapshot);
    const nowMs = wallClock();
    const hearing = { nowMs, sightings, ...timing };
    const refused = refusedWrites(notes.report().failures, snapshot, allocation);
    const progress = nodeStates(snapshot, allocation, hearing, cluster.told(snapshot, sightings), refused);
    const { waiting } = planHolds(snapshot, allocation, hearing);
    const statuses = summarize({ snapshot, allocation, progress, blockers: finalizer.blockers(), refused, waiting, nowMs });
    const writeAgain = await summaries.write(cluster, snapshot.networks, statuses, notes);
    const isUrged = () => hasCome(cluster, snapshot);
    const tellAgain = await writeNodeConditions({ cluster, snapshot, progress, notes, nowMs, isUrged });
    await liftStartupTaints(cluster, snapshot, notes);

    const report = notes.report();
    failedInARow = report.failures.length === 0 ? 0 : failedInARow + 1;
    return {
      report,
      standing: standingEvents(snapshot, allocation),
      drift: driftWords(snapshot, nowMs),
      found: { networks: snapshot.networks, members: allocation.members, progress, statuses },
      next: soonest([restAgain, lookAgain, writeAgain, tellAgain, retryMs(report, failedInARow, random)]),
    };
  };
}

interface SubnetWork {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly notes: WriteNotes;
  readonly input: () => SubnetInput & TellInput;
  readonly manyClaims: number;
}

/**
 * Claims for all nodes, in rounds while others keep coming; then all of them are told. So a cluster that grows faster than it can be served costs the API server
 * the least until every node has its subnets. Where they come one by one, each is told at once, however long a round takes in a large cluster.
 */
async function writeSubnets({ cluster, clock, notes, input, manyClaims }: SubnetWork): Promise<void> {
  let told = 0;
  for (const began = clock.now(); ; ) {
    const claimed = await claimSubnets(cluster, notes, input());
    const added = notes.report().written.filter(isNewClaim).length;
    const isFew = added - told < manyClaims;
    if (isFew && claimed !== undefined) {
      await tellNodes(cluster, notes, claimed, input());
      told = added;
    }
    const isMore = clock.now() - began < subnetsFirstMs && (await isGrowing(cluster, notes));
    if (!isFew && !isMore && claimed !== undefined) await tellNodes(cluster, notes, claimed, input());
    if (!isMore) return;
  }
}

function isNewClaim({ kind, op }: Step<unknown>): boolean {
  return kind === "NodeSubnet" && op === "add";
}

/** Whether nodes came in while others were given subnets. Where anything else happened, too, the next pass sees to it. */
async function isGrowing(cluster: Cluster, notes: WriteNotes): Promise<boolean> {
  const { written, failures } = notes.report();
  const isQuiet = failures.length === 0 && !written.some(({ kind }) => kind === "RangeLedger");
  if (!isQuiet || !written.some(isNewClaim)) return false;
  return cluster.allocation(await cluster.gather()).creates.length > 0;
}

/** Whether nodes came that have to be given subnets. */
async function hasCome(cluster: Cluster, since: Snapshot): Promise<boolean> {
  const now = await cluster.gather();
  const known = new Set(since.nodes.map(({ uid }) => uid));
  return now.nodes.some(({ uid }) => !known.has(uid)) && cluster.allocation(now).creates.length > 0;
}

function soonest(waits: readonly (number | undefined)[]): PassResult["next"] {
  const known = waits.filter((wait) => wait !== undefined);
  return known.length === 0 ? undefined : { againAfterMs: Math.min(...known) };
}

/** A lost race is planned anew at once; two that race for ever part by chance. */
function retryMs({ failures }: WriteReport, inARow: number, random: () => number): number | undefined {
  if (failures.length === 0) return undefined;
  return failures.every(isLostRace) ? 20 + random() * 80 : backoffMs(inARow, { minMs: 500, maxMs: 30_000 }, random);
}
