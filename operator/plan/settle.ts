import { renderTime } from "../../crds/conditions.ts";
import type { NodeNetwork, NodeSubnet, RangeLedger } from "../../crds/types.ts";
import type { KubeObject, Stored } from "../../lib/kube/resource.ts";
import { Bug } from "../../lib/reconcile/bug.ts";
import type { Step } from "../../lib/reconcile/kind.ts";
import { type Allocation, allocate } from "./allocate.ts";
import { nodeNetworkSteps } from "./node-networks.ts";
import { nodeSubnetSteps, promotions } from "./node-subnets.ts";
import { readLedger, readRecord } from "./read.ts";
import { type LedgerInput, ledgerStep } from "./recovery.ts";
import type { NodeRecord, Snapshot } from "./snapshot.ts";
import { withWritten } from "./written.ts";

/** When it is, and what a ledger that is made gets for a name. */
export type SettleInput = Pick<LedgerInput, "nowMs" | "newIncarnation" | "recoverySeconds">;

/** Where the operator comes to rest. */
export interface Settled {
  readonly snapshot: Snapshot;
  /** Of that snapshot. */
  readonly allocation: Allocation;
  /** All that was done on the way, in order. */
  readonly steps: readonly Step<KubeObject>[];
}

/** Each pass may set off another one: a range leaves, another one enters, nodes get subnets of it. None is known that needs more than a handful. */
const mostPasses = 100;

/**
 * The state in which the operator has nothing more to enter, claim or tell without news from agents, nodes or the clock: every write of its passes done in memory,
 * in its order, by its own plans. What it lays to rest and removes is not part of it, since that waits for such news.
 * @throws {Bug} when it does not come to rest.
 */
export function settle(start: Snapshot, input: SettleInput): Settled {
  const plan = rememberingLast(allocate);
  const steps: Step<KubeObject>[] = [];
  let snapshot = start;
  for (let pass = 0; pass < mostPasses; pass++) {
    const before = steps.length;
    snapshot = enterRanges(snapshot, input, steps);
    snapshot = writeClaims(snapshot, nodeSubnetSteps(snapshot, plan(snapshot)), input, steps);
    if (snapshot.claims.some(({ object }) => object.spec.state === "Pending"))
      snapshot = writeClaims(snapshot, promotions(snapshot, plan(snapshot)), input, steps);
    snapshot = tellNodes(snapshot, nodeNetworkSteps(snapshot, plan(snapshot)), input, steps);
    if (steps.length === before) return { snapshot, allocation: plan(snapshot), steps };
  }
  const last = steps.at(-1);
  throw new Bug(`a plan does not come to rest in ${mostPasses} passes; its last step: ${last?.op} ${last?.kind} ${last?.key}`);
}

function enterRanges(snapshot: Snapshot, input: SettleInput, done: Step<KubeObject>[]): Snapshot {
  const step: Step<RangeLedger> | undefined = ledgerStep(snapshot, input)?.step;
  if (step?.want === undefined) return snapshot;
  done.push(step);
  return { ...snapshot, ledger: readLedger(asWritten(step.want, input)) };
}

function writeClaims(
  snapshot: Snapshot,
  steps: readonly Step<NodeSubnet>[],
  input: SettleInput,
  done: Step<KubeObject>[],
): Snapshot {
  if (steps.length === 0) return snapshot;
  done.push(...steps);
  const written = steps.flatMap(({ key, op, want }) =>
    want === undefined || op === "remove" ? [] : [[key, asWritten(want, input)] as const],
  );
  return withWritten(snapshot, steps, { failures: [], objects: new Map(written) });
}

function tellNodes(
  snapshot: Snapshot,
  steps: readonly Step<NodeNetwork>[],
  input: SettleInput,
  done: Step<KubeObject>[],
): Snapshot {
  if (steps.length === 0) return snapshot;
  done.push(...steps);
  const records = new Map<string, NodeRecord>(snapshot.records.map((record) => [record.node, record]));
  for (const { key, want } of steps) {
    if (want === undefined) continue;
    const status = records.get(key)?.object.status;
    records.set(key, readRecord(asWritten({ ...want, ...(status !== undefined && { status }) }, input)));
  }
  return { ...snapshot, records: [...records.values()] };
}

/** As the server would give it back, as far as that can be known. */
function asWritten<T extends KubeObject>(want: T, { nowMs }: SettleInput): Stored<T> {
  const { uid = "", resourceVersion = "", creationTimestamp = renderTime(nowMs) } = want.metadata;
  return { ...want, metadata: { ...want.metadata, uid, resourceVersion, creationTimestamp } };
}

/** The same function, which works once where it is asked twice in a row for the same object. */
function rememberingLast<In, Out>(work: (input: In) => Out): (input: In) => Out {
  let last: { readonly input: In; readonly output: Out } | undefined;
  return (input) => {
    if (last?.input !== input) last = { input, output: work(input) };
    return last.output;
  };
}
