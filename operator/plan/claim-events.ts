import { renderFirst } from "../../lib/text/counts.ts";
import type { EventReason } from "../../crds/event-reasons.ts";
import { apiVersion, nodeSubnetResource, podNetworkResource } from "../../crds/names.ts";
import type { ObjectReference } from "../../lib/kube/builtin.ts";
import type { Step } from "../../lib/reconcile/kind.ts";
import { type ClaimCause, causeOf, causeWords } from "./claim-cause.ts";
import type { PlannedEvent } from "./events.ts";

/** What of a claim bears on Events; one without a state is Active. */
interface ClaimView {
  readonly spec: {
    readonly network: string;
    readonly networkUID: string;
    readonly node: string;
    readonly nodeUID: string;
    readonly cidr: string;
    readonly state?: string;
  };
}

/** A claim that went from one state to another. */
interface Turn {
  readonly reason: EventReason;
  /** Empty where it goes without saying. */
  readonly because: string;
  readonly spec: ClaimView["spec"];
}

/** Why a node gets a claim → what that is called. */
const reasonsByCause = {
  Assigned: "SubnetAssigned",
  Added: "SubnetAssigned",
  Adopted: "SubnetAdopted",
  Repaired: "LossRepaired",
} as const satisfies Record<ClaimCause, EventReason>;

/** Why a claim was made, and in words. */
interface Made {
  readonly cause: ClaimCause;
  readonly because: string;
}

/** What became of subnets: one Event per network and cause, then one per node. */
export function claimEvents(written: readonly Step<unknown>[]): PlannedEvent[] {
  const steps = written.filter(({ kind }) => kind === nodeSubnetResource.kind);
  const made = new Map(steps.filter(({ op }) => op === "add").map((step) => [step.key, madeBy(step)]));
  const turns = steps.flatMap((step) => turnOf(step, made.get(step.key) ?? madeBefore(step)) ?? []);
  return [
    ...grouped(turns, ({ spec }) => networkReference(spec)).map(({ regarding, reason, because, specs }) => {
      const list = renderFirst(specs.map(({ node, cidr }) => `${node} ${cidr}`));
      return { regarding, reason, note: withCause(list, because) };
    }),
    ...grouped(turns, ({ spec }) => nodeReference(spec)).map(({ regarding, reason, because, specs }) => {
      const networks = [...new Set(specs.map(({ network }) => `PodNetwork/${network}`))];
      const list = `${renderFirst(specs.map(({ cidr }) => cidr))} of ${renderFirst(networks)}`;
      return { regarding, reason, note: withCause(list, because) };
    }),
  ];
}

function madeBy(step: Step<unknown>): Made {
  return { cause: causeOf(step) ?? "Assigned", because: step.because };
}

/** For a claim of an earlier pass, or of another operator: of whatever has words of its own. */
function madeBefore(step: Step<unknown>): Made {
  const cause = causeOf(step) ?? "Assigned";
  return { cause, because: cause === "Adopted" || cause === "Repaired" ? causeWords[cause] : "" };
}

function turnOf({ op, want, have, because }: Step<unknown>, made: Made): Turn | undefined {
  const before = isClaim(have) ? have : undefined;
  const after = op !== "remove" && isClaim(want) ? want : undefined;
  const { spec } = after ?? before ?? {};
  if (spec === undefined) return undefined;
  const [from, to] = [stateOf(before), stateOf(after)];
  const reason = reasonOf(from, to, made.cause);
  if (reason === undefined) return undefined;
  return { reason, because: to === "Active" ? wordsFor(from, made) : to === "Draining" ? drainWords : because, spec };
}

const drainWords = "nodes leave its range; pods that have addresses of it keep them";

/** Why a claim becomes Active. That a node had none goes without saying. */
function wordsFor(before: string, { cause, because }: Made): string {
  if (before === "Held") return "its machine is back and has it still";
  return cause === "Assigned" ? "" : because;
}

function reasonOf(before: string, after: string, cause: ClaimCause): EventReason | undefined {
  if (before === after || after === "Pending") return undefined;
  const isNew = before === "Free" || before === "Pending";
  switch (after) {
    case "Active":
      if (before === "Held") return "SubnetAdopted";
      return isNew ? reasonsByCause[cause] : undefined;
    case "Draining":
      return "SubnetDraining";
    case "Held":
      return isNew ? "LossRepaired" : "SubnetHeld";
    default:
      // What was never Active was never anybody's.
      return before === "Pending" ? undefined : "SubnetReleased";
  }
}

function stateOf(claim: ClaimView | undefined): string {
  return claim === undefined ? "Free" : (claim.spec.state ?? "Active");
}

interface Group {
  readonly regarding: ObjectReference;
  readonly reason: EventReason;
  readonly because: string;
  readonly specs: readonly ClaimView["spec"][];
}

function grouped(turns: readonly Turn[], refer: (turn: Turn) => ObjectReference): Group[] {
  const groups = Map.groupBy(turns, (turn) => JSON.stringify([refer(turn), turn.reason, turn.because]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return { regarding: refer(first), reason: first.reason, because: first.because, specs: group.map(({ spec }) => spec) };
  });
}

function networkReference({ network, networkUID }: ClaimView["spec"]): ObjectReference {
  return { apiVersion, kind: podNetworkResource.kind, name: network, uid: networkUID };
}

function nodeReference({ node, nodeUID }: ClaimView["spec"]): ObjectReference {
  return { apiVersion: "v1", kind: "Node", name: node, uid: nodeUID };
}

function withCause(list: string, because: string): string {
  return because === "" ? list : `${list}: ${because}`;
}

function isClaim(value: unknown): value is ClaimView {
  return typeof value === "object" && value !== null && "spec" in value;
}
