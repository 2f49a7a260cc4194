import { usualHeartbeatSeconds } from "../../crds/heartbeat.ts";
import type { Issue } from "../../crds/issue.ts";
import { podNetworkResource } from "../../crds/names.ts";
import { readableNetwork } from "../../crds/read-spec.ts";
import { indexRanges, validateAgainst } from "../../crds/validate.ts";
import type { AdmissionRequest } from "../../webhooks/plan/admission-review.ts";
import type { Evidence } from "../../webhooks/plan/evidence.ts";
import { outlookWarnings } from "../../webhooks/plan/outlook.ts";
import { reviewPodNetwork } from "../../webhooks/plan/review.ts";
import { setAside } from "../../webhooks/plan/set-aside.ts";
import { neighboursOf, surroundings } from "../../webhooks/plan/surroundings.ts";
import type { Candidate } from "./candidate.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { Refusal } from "./refusal.ts";

/** What admission says to one change. */
export interface Judgement {
  readonly refusals: readonly Refusal[];
  /** What the webhook says though it lets the change through. */
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** Codes of what only the webhook knows; all others stand in the CRD's rules, too. */
const admissionCodes: readonly string[] = [
  "OverlapsWith",
  "OverlapsServices",
  "OverlapsNodes",
  "OverlapsHostRoute",
  "InUse",
  "NoRoom",
  "NotConfirmed",
  "NotJudged",
] satisfies Issue["code"][];

/** Gives what the webhook would say to a change of one network, were all others as they shall be. */
export function judge(all: readonly Candidate[], state: ClusterState, nowMs: number): (candidate: Candidate) => Judgement {
  const others = all.map(readable);
  const networks = others.map(({ object }) => object);
  const read: Evidence = {
    networks: { items: networks },
    claims: { items: state.nodeSubnets },
    records: { items: state.nodeNetworks },
    ledgers: { items: state.ledger === undefined ? [] : [state.ledger] },
    nodes: { items: state.nodes },
    services: { items: state.serviceRanges },
  };
  // Sorted once, for every network.
  const sorted = surroundings.map((surrounding) => [surrounding, neighboursOf(surrounding, read).found] as const);
  const evidence: Evidence = { ...read, neighbours: Object.fromEntries(sorted) };
  const world = { networks, claims: state.nodeSubnets, nodes: state.nodes };
  const listening = { nowMs, heartbeatSeconds: usualHeartbeatSeconds };
  return (candidate) => {
    const { name, file, change } = candidate;
    const one = readable(candidate);
    if (change === "Keep") return { refusals: [], notes: [], warnings: [] };
    const { allowed, status, warnings = [] } = reviewPodNetwork(requestFor(candidate), evidence, listening);
    // The plan itself says better what comes of it.
    const aside = setAside(one.object.spec, evidence).prefixes;
    const foreseen = outlookWarnings(one.object, { ...world, aside });
    const notes = warnings.filter((warning) => !foreseen.includes(warning));
    const causes = allowed ? [] : (status?.details.causes ?? []);
    const refusals = causes.map(({ reason, field, message }): Refusal => {
      const by = admissionCodes.includes(reason) ? ("admission" as const) : ("rules" as const);
      return { network: name, by, ...(file !== undefined && { file }), code: reason, path: field, message };
    });
    return { refusals, notes, warnings: orderWarnings(one, others) };
  };
}

/** What stands in the cluster may be wrong, and is beside others all the same. */
function readable(one: Candidate): Candidate {
  return { ...one, object: readableNetwork(one.object), old: one.old && readableNetwork(one.old) };
}

function requestFor({ change, object, old }: Candidate): AdmissionRequest {
  const resource = { ...podNetworkResource, resource: podNetworkResource.plural };
  const operation = change === "Create" ? "CREATE" : change === "Delete" ? "DELETE" : "UPDATE";
  return { uid: "", operation, resource, object: change === "Delete" ? undefined : object, oldObject: old };
}

/** A range that another network gives up in the same change is free only after that one was written. */
function orderWarnings({ object, old }: Candidate, all: readonly Candidate[]): string[] {
  const before = all.flatMap((other) => (other.change === "Change" && other.old !== undefined ? [other.old] : []));
  const after = all.map((other) => other.object);
  const still = new Set(validateAgainst(object, indexRanges(after), old).map(({ message }) => message));
  return validateAgainst(object, indexRanges(before), old)
    .filter(({ message }) => !still.has(message))
    .map(({ path, message }) => `${path}: refused until the other network is written first: ${message}`);
}
