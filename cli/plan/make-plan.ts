import { usualHeartbeatSeconds, usualRecoverySeconds } from "../../crds/heartbeat.ts";
import type { PodNetwork } from "../../crds/types.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import type { Allocation } from "../../operator/plan/allocate.ts";
import { allocate } from "../../operator/plan/allocate.ts";
import { nodeStates } from "../../operator/plan/node-states.ts";
import { readNetwork } from "../../operator/plan/read.ts";
import { describeRefusal } from "../../operator/plan/refusal.ts";
import { type Settled, settle } from "../../operator/plan/settle.ts";
import type { Network, Snapshot } from "../../operator/plan/snapshot.ts";
import { summarize } from "../../operator/plan/summarize.ts";
import { type Candidate, candidates, isKeptByFinalizer } from "./candidate.ts";
import { type ClusterState, readState } from "./cluster-state.ts";
import { judge } from "./judge.ts";
import { ledgerChanges } from "./ledger-report.ts";
import { type Manifest, readManifests, type WrongManifest } from "./manifest.ts";
import { networkReports, type Statuses } from "./network-report.ts";
import { isChanged, nodeReports } from "./node-report.ts";
import type { Refusal } from "./refusal.ts";
import type { PlanReport, Warning } from "./report.ts";
import { routePlan } from "./route-report.ts";
import { summaryOf } from "./summary.ts";
import { clusterWarnings, statusWarnings } from "./warnings.ts";

export interface PlanInput {
  readonly state: ClusterState;
  readonly manifests: readonly Manifest[];
  /** Whether networks that no file names are to be deleted. */
  readonly prune: boolean;
}

/** A plan, and the state that it leads to. */
export interface Plan {
  readonly report: PlanReport;
  readonly settled: Settled;
}

/** Stands for the incarnation of a ledger that does not exist yet, which the operator draws at random. */
export const plannedIncarnation = "drawn at random";

/** The operator's own defaults. */
const timing = { recoverySeconds: usualRecoverySeconds, heartbeatSeconds: usualHeartbeatSeconds };

/** What the cluster becomes when these files are applied to it, as of the moment at which its state was read. */
export function makePlan({ state, manifests, prune }: PlanInput): Plan {
  const nowMs = Date.parse(state.takenAt);
  const { networks: wanted, wrong } = readManifests(manifests);
  const unreadable = new Set(wrong.map(({ name }) => name));
  const all = candidates({ stored: state.podNetworks, wanted, unreadable, prune, nowMs });
  const judgements = all.map(judge(all, state, nowMs));
  const refused = [...wrong.flatMap(schemaRefusals), ...judgements.flatMap(({ refusals }) => refusals)];

  const before = readState(state);
  const isRefused = new Set(refused.map(({ network }) => network));
  const objects = all.flatMap((candidate) => outcomeOf(candidate, isRefused.has(candidate.name)) ?? []);
  const settled = settle(
    { ...before, networks: objects.map(readNetwork) },
    { nowMs, newIncarnation: plannedIncarnation, ...timing },
  );
  const refusals = [...refused, ...ledgerRefusals(all, isRefused, settled)];

  const routes = routePlan(before, settled.snapshot);
  const nodes = nodeReports(before, settled, routes);
  const after = statusesOf(settled.snapshot, settled.allocation, nowMs);
  const networks = networkReports({
    candidates: all,
    refusals,
    settled,
    nodes,
    before: statusesOf(before, allocate(before), nowMs),
    after,
  });
  const order = all.flatMap(({ name }, index) =>
    (judgements[index]?.warnings ?? []).map((message): Warning => ({ network: name, code: "WriteOrder", message })),
  );
  const isChange = settled.steps.length > 0 || all.some(({ name, change }) => change !== "Keep" && !isRefused.has(name));
  const verdict = refusals.length > 0 ? "Refused" : isChange ? "Change" : "NoChange";
  const parts = {
    refusals,
    networks,
    nodes: nodes.filter(isChanged),
    routes: routes.report,
    ledger: ledgerChanges(before.ledger, settled.snapshot.ledger),
    warnings: [...clusterWarnings(settled, all, routes), ...order, ...statusWarnings(settled, after)],
    notes: all.flatMap(({ name }, index) => (judgements[index]?.notes ?? []).map((message) => ({ network: name, message }))),
  };
  const summary = summaryOf(verdict, parts);
  return { report: { version: 1, verdict, summary, takenAt: state.takenAt, ...parts }, settled };
}

/** What stands in the API afterwards. */
function outcomeOf({ change, object, old }: Candidate, isRefused: boolean): Stored<PodNetwork> | undefined {
  if (isRefused) return old;
  return change === "Delete" && !isKeptByFinalizer(object) ? undefined : object;
}

function schemaRefusals({ file, name, issues }: WrongManifest): Refusal[] {
  return issues.map(({ code, path, message }) => ({ network: name, by: "schema", file, code, path, message }));
}

/** Ranges of the files that the ledger does not take, for as long as nobody changes anything. One that waits for its turn is no refusal. */
function ledgerRefusals(all: readonly Candidate[], isRefused: ReadonlySet<string>, { snapshot, allocation }: Settled): Refusal[] {
  const networks = new Map(snapshot.networks.map((network): [string, Network] => [network.name, network]));
  return all
    .filter(({ name, change }) => (change === "Create" || change === "Change") && !isRefused.has(name))
    .flatMap(({ name, file }) => {
      const network = networks.get(name);
      const ranges = network?.ranges ?? [];
      const lasting = (network && allocation.acceptance.get(network.uid)?.refused) ?? [];
      return lasting
        .filter(({ reason }) => reason === "OverlapsWith" || reason === "LedgerFull")
        .map((refusal): Refusal => {
          const path = `spec.ranges[${ranges.indexOf(refusal.range)}].cidr`;
          const message = describeRefusal(refusal);
          return { network: name, by: "ledger", ...(file !== undefined && { file }), code: refusal.reason, path, message };
        });
    });
}

function statusesOf(snapshot: Snapshot, allocation: Allocation, nowMs: number): Statuses {
  const progress = nodeStates(snapshot, allocation, { nowMs, ...timing });
  return summarize({ snapshot, allocation, progress, blockers: new Map(), nowMs });
}
