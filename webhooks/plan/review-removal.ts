import type { Issue } from "../../crds/issue.ts";
import type { NodeNetwork, PodNetworkRange } from "../../crds/types.ts";
import { countOf, renderFirst } from "../../lib/text/counts.ts";
import type { Reading } from "./evidence.ts";
import { podsIn, renderPods, type Use, usesIn } from "./use.ts";

/** Ranges that nodes use cannot be taken away; one issue for each. `uses` are those of the network itself. */
export function removalIssues(removed: readonly PodNetworkRange[], uses: readonly Use[], records: Reading<NodeNetwork>): Issue[] {
  return removed.flatMap((range): Issue[] => {
    const inside = usesIn(uses, range.cidr);
    if (inside.length === 0) return [];
    return [
      { path: "spec.ranges", code: "InUse", message: `${renderUse(range.cidr, inside, records)}; ${remedy(range, inside)}` },
    ];
  });
}

/** Where it could not be read what nodes use. */
export function unreadRemovalIssues(removed: readonly PodNetworkRange[], problem: string): Issue[] {
  return removed.map(({ cidr }): Issue => {
    const message = `${cidr} cannot be removed now, since it cannot be read which nodes use it (${problem}); put it back, or try again later`;
    return { path: "spec.ranges", code: "NotJudged", message };
  });
}

function renderUse(cidr: string, inside: readonly Use[], records: Reading<NodeNetwork>): string {
  const known = new Map(records.problem === undefined ? records.items.map((record) => [record.metadata.name, record]) : []);
  const byNode = Map.groupBy(inside, ({ node }) => node);
  const counted = [...byNode].map(([node, uses]) => {
    const pods = uses.map((use) => podsIn(known.get(node), use.cidr));
    const sum = pods.some((count) => count === undefined)
      ? undefined
      : pods.reduce((total: number, count) => total + (count ?? 0), 0);
    return { node, pods: sum, isHeld: uses.every((use) => use.isHeld) };
  });
  const mostFirst = counted.toSorted((a, b) => (b.pods ?? 0) - (a.pods ?? 0));
  const list = mostFirst.map(
    ({ node, pods, isHeld }) => `${node} (${isHeld && pods === undefined ? "left, resting" : renderPods(pods)})`,
  );
  return `${cidr} cannot be removed while ${countOf(byNode.size, "node")} ${byNode.size === 1 ? "has" : "have"} subnets in it: ${renderFirst(list)}`;
}

function remedy({ state }: PodNetworkRange, inside: readonly Use[]): string {
  if (inside.every(({ isHeld }) => isHeld))
    return "put it back, and remove it when their hold is over and kubectl get nodesubnets shows none";
  return state === "Draining"
    ? "put it back, and remove it when it is drained and kubectl get nodesubnets shows none"
    : "put it back with state: Draining, and remove it when kubectl get nodesubnets shows none";
}
