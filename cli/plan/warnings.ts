import type { Condition } from "../../crds/types.ts";
import type { Settled } from "../../operator/plan/settle.ts";
import { describeUnserved } from "../../operator/plan/unserved.ts";
import { renderFirst } from "../../lib/text/counts.ts";
import { compareText } from "../../lib/text/order.ts";
import { familyName } from "../../operator/plan/snapshot.ts";
import type { Candidate } from "./candidate.ts";
import type { Statuses } from "./network-report.ts";
import type { Warning } from "./report.ts";
import type { RoutePlan } from "./route-report.ts";
import { families } from "../../lib/net/address.ts";

/** What a person should know of networks as they shall be, in the operator's own words. */
export function statusWarnings({ snapshot }: Settled, after: Statuses): Warning[] {
  return snapshot.networks
    .toSorted((a, b) => compareText(a.name, b.name))
    .flatMap(({ uid, name }) =>
      (after.get(uid)?.conditions ?? [])
        .filter(isWorthTelling)
        .map(({ reason, message }) => ({ network: name, code: reason, message })),
    );
}

const onlyWhileTrue: ReadonlySet<string> = new Set(["PodCIDRNotAdopted", "NodeAddressConflict", "NodesUnselected"]);

/** Conditions that no agent changes, where they are not as they should be. */
function isWorthTelling({ type, status, reason }: Condition): boolean {
  if (onlyWhileTrue.has(type)) return status === "True";
  if (type === "Accepted") return status === "False" && reason !== "Terminating";
  if (type === "Allocated") return status === "False" && reason !== "Allocating";
  return type === "CapacityOK" && status === "False" && reason !== "RangeNotAccepted";
}

/** What is to be said of the cluster as a whole. */
export function clusterWarnings(
  { snapshot, allocation, steps }: Settled,
  candidates: readonly Candidate[],
  routes: RoutePlan,
): Warning[] {
  const found: Warning[] = [];
  const warn = (code: string, message: string, network = "") => found.push({ network, code, message });
  for (const { name, file, old } of candidates)
    if (file !== undefined && old?.metadata.deletionTimestamp !== undefined)
      warn("Terminating", `it is being deleted, and ${file} does not end that; apply it again when it is gone`, name);
  const recovery = snapshot.ledger?.object.spec.recovery;
  if (recovery !== undefined)
    warn(
      "Recovering",
      `${recovery.reason}: nothing new is given until the agents have reported, until ${recovery.until} at the latest`,
    );
  const isUnchanged = candidates.every(({ change }) => change === "Keep");
  if (isUnchanged && steps.length > 0)
    warn("NotAtRest", `no PodNetwork changes, but the operator has ${steps.length} writes to do anyway; what follows is those`);
  for (const family of families) {
    const nodes = new Set(routes.unrouted.filter(({ prefix }) => prefix.family === family).map(({ object }) => object.spec.node));
    if (nodes.size > 0)
      warn(
        "NoNextHop",
        `nobody routes to the ${familyName(family)} subnets of ${names([...nodes])}; give these Nodes an InternalIP of that family`,
      );
  }
  if (allocation.unselected.length > 0) warn("NotSelected", `no network selects ${names(allocation.unselected)}`);
  for (const [message, nodes] of Map.groupBy(allocation.unserved, describeUnserved))
    warn("NotServed", `${names(nodes.map(({ node }) => node))}: ${message}`);
  return found;
}

function names(list: readonly string[]): string {
  return renderFirst(list.toSorted(compareText));
}
