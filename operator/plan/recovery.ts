import { renderTime } from "../../crds/conditions.ts";
import { apiVersion, ledgerName } from "../../crds/names.ts";
import type { RangeLedger, RangeLedgerRecovery, RangeLedgerSpec } from "../../crds/types.ts";
import type { Kind, Step } from "../../lib/reconcile/kind.ts";
import { type LedgerOptions, type LedgerPlan, planLedger } from "./ledger.ts";
import { awaitedNodes, hadNetwork } from "./recovery-wait.ts";
import type { Sightings } from "./sightings.ts";
import type { Ledger, LedgerEntry, NodeFacts, Snapshot } from "./snapshot.ts";

/** Ledgers, compared as a whole. */
export const rangeLedgerKind: Kind<RangeLedger> = {
  name: "RangeLedger",
  key: (object) => object.metadata.name,
  differs: (want, have) => (describe(want.spec) === describe(have.spec) ? undefined : "it holds something else"),
};

/** All of it as text, whatever the order in which a server gives the fields. */
function describe({ incarnation, epoch, releaseSequence, recovery, entries }: RangeLedgerSpec): string {
  const rows = entries.map((entry) => [
    entry.cidr,
    entry.nodePrefixLength,
    entry.network,
    entry.networkUID,
    entry.epoch,
    entry.state,
  ]);
  return JSON.stringify([incarnation, epoch, releaseSequence, recovery?.since, recovery?.until, recovery?.reason, rows]);
}

export interface LedgerInput extends LedgerOptions {
  readonly nowMs: number;
  /** For a ledger that is made, or made anew after a loss; never used before. */
  readonly newIncarnation: string;
  /** How long agents have to report after a loss. */
  readonly recoverySeconds: number;
  /** How long a recovery has stood; undefined: as its own times say. */
  readonly sightings?: Sightings;
  /** The server showed an older state than before: it was restored from a backup. */
  readonly wentBack?: boolean;
}

/** The step that makes the ledger as planned, and what it was planned from; undefined where it stands so already. */
export interface LedgerStep {
  readonly step: Step<RangeLedger>;
  readonly plan: LedgerPlan;
}

/**
 * What to write to the ledger. After a loss (it is gone although something is in use, or older than what has been seen of it, or nothing is left of a node
 * that had a network) it gets another incarnation and `recovery`, which stands until every node that may have subnets has reported, or time is up.
 */
export function ledgerStep(snapshot: Snapshot, input: LedgerInput): LedgerStep | undefined {
  const { ledger } = snapshot;
  const plan = planLedger(snapshot, input);
  const loss = lossOf(snapshot, input.wentBack ?? false);
  const isOver = ledger?.recovering === true && loss === undefined && isRecovered(snapshot, input);
  const because = [...plan.because, ...(loss === undefined ? [] : [loss]), ...(isOver ? ["recovery is over"] : [])];
  if (because.length === 0) return undefined;
  const before = ledger?.object.spec;
  const incarnation = before === undefined || loss !== undefined ? input.newIncarnation : before.incarnation;
  const recovery = loss !== undefined ? recoveryFrom(loss, input) : isOver ? undefined : before?.recovery;
  const seen = snapshot.claims.map(({ object }) => object.spec.epoch);
  return { step: stepTo(snapshot, specOf(before, plan, { incarnation, recovery, seen }), because.join("; ")), plan };
}

/** What a step does to the recovery: one that begins, or none where one ends. */
export interface RecoveryTurn {
  readonly ledger: Pick<RangeLedger, "metadata">;
  readonly begun: RangeLedgerRecovery | undefined;
}

/** Undefined of a step that leaves the recovery as it is, or is about something else. */
export function recoveryTurn({ kind, want, have }: Step<unknown>): RecoveryTurn | undefined {
  if (kind !== rangeLedgerKind.name || !isLedger(want)) return undefined;
  const old = isLedger(have) ? have : undefined;
  const begun = want.spec.recovery;
  if ((old?.spec.recovery === undefined) === (begun === undefined)) return undefined;
  return { ledger: { metadata: { ...old?.metadata, ...want.metadata } }, begun };
}

/** Whether subnets are given again by it. */
export function endsRecovery(step: Step<unknown>): boolean {
  const turn = recoveryTurn(step);
  return turn !== undefined && turn.begun === undefined;
}

function isLedger(value: unknown): value is Pick<RangeLedger, "metadata" | "spec"> {
  return typeof value === "object" && value !== null && "metadata" in value && "spec" in value;
}

interface Beginning {
  readonly incarnation: string;
  readonly recovery: RangeLedgerRecovery | undefined;
  /** The epochs that claims know of, since claims of an earlier incarnation may come under this one. */
  readonly seen: readonly number[];
}

function specOf(
  before: RangeLedgerSpec | undefined,
  { entries }: LedgerPlan,
  { incarnation, recovery, seen }: Beginning,
): RangeLedgerSpec {
  return {
    incarnation,
    epoch: [...entries.map((entry) => entry.epoch), ...seen].reduce((most, epoch) => Math.max(most, epoch), before?.epoch ?? 0),
    releaseSequence: before?.releaseSequence ?? 0,
    ...(recovery !== undefined && { recovery }),
    entries: entries.map(renderEntry),
  };
}

function recoveryFrom(reason: string, { nowMs, recoverySeconds }: LedgerInput): RangeLedgerRecovery {
  return { since: renderTime(nowMs), until: renderTime(nowMs + recoverySeconds * 1000), reason };
}

/** The step that takes the next number for releases. */
export function numberingStep(snapshot: Snapshot): Step<RangeLedger> | undefined {
  const spec = snapshot.ledger?.object.spec;
  if (spec === undefined) return undefined;
  return stepTo(snapshot, { ...spec, releaseSequence: spec.releaseSequence + 1 }, "subnets are released");
}

function stepTo({ ledger }: Snapshot, spec: RangeLedgerSpec, because: string): Step<RangeLedger> {
  const part = { kind: "RangeLedger", key: ledgerName, because };
  if (ledger === undefined) {
    return { op: "add", ...part, want: { apiVersion, kind: "RangeLedger", metadata: { name: ledgerName }, spec } };
  }
  return { op: "change", ...part, want: { ...ledger.object, spec }, have: ledger.object };
}

/**
 * What was lost, in one word; undefined where nothing was. A fresh install has no ledger and nothing in use. While recovery stands, a node of which nothing is
 * left is no further loss.
 */
function lossOf(snapshot: Snapshot, wentBack: boolean): string | undefined {
  const { ledger, claims, records, nodes } = snapshot;
  if (ledger === undefined) {
    const isInUse = claims.length > 0 || records.length > 0 || nodes.some(hadNetwork);
    return isInUse ? "LedgerLost" : undefined;
  }
  if (wentBack || isOutrun(ledger, snapshot)) return "LedgerRolledBack";
  return !ledger.recovering && forgottenNodes(snapshot).length > 0 ? "NodesForgotten" : undefined;
}

/** Whether a claim, or two agents (where there is one only: that), have seen more of this incarnation than the ledger knows of. */
function isOutrun({ incarnation, object }: Ledger, { claims, records }: Pick<Snapshot, "claims" | "records">): boolean {
  const { epoch, releaseSequence } = object.spec;
  const ahead = records.filter(({ object }) => {
    const seen = object.status?.acknowledged;
    return seen?.incarnation === incarnation && seen.sequence > releaseSequence;
  });
  return (
    (ahead.length > 0 && ahead.length >= Math.min(2, records.length)) ||
    claims.some(({ object: { spec } }) => {
      return spec.incarnation === incarnation && (spec.epoch > epoch || (spec.releaseSequence ?? 0) > releaseSequence);
    })
  );
}

/** Nodes that had a network and of which neither a claim nor a NodeNetwork is left: others could be given what their pods use. */
export function forgottenNodes({ nodes, claims, records }: Pick<Snapshot, "nodes" | "claims" | "records">): NodeFacts[] {
  const suspects = nodes.filter(hadNetwork);
  if (suspects.length === 0) return [];
  const known = new Set([...claims, ...records].map(({ object }) => object.spec.nodeUID));
  return suspects.filter(({ uid }) => !known.has(uid));
}

/** Every node that may have subnets has been heard under this incarnation, or the deadline is over. */
function isRecovered(snapshot: Snapshot, { nowMs, recoverySeconds, sightings }: LedgerInput): boolean {
  const { ledger } = snapshot;
  const { recovery } = ledger?.object.spec ?? {};
  if (ledger === undefined || recovery === undefined) return true;
  const leftMs =
    sightings === undefined ? Date.parse(recovery.until) - nowMs : recoverySeconds * 1000 - sightings.recoveringMs(ledger);
  return leftMs <= 0 || awaitedNodes(snapshot).length === 0;
}

function renderEntry({ cidr, subnetLength, network, networkUID, epoch, open }: LedgerEntry): RangeLedgerSpec["entries"][number] {
  return { cidr, nodePrefixLength: subnetLength, network, networkUID, epoch, state: open ? "Open" : "Closing" };
}
