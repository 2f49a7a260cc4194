import type { Issue } from "../../crds/issue.ts";
import type { PodNetworkReserved, PodNetworkSpec, PodNetworkStaticSubnet } from "../../crds/types.ts";
import { containsPrefix, parseLoosePrefix } from "../../lib/net/prefix.ts";
import { renderFirst } from "../../lib/text/counts.ts";
import type { Change, Placed } from "./change.ts";
import { type Use, usesIn } from "./use.ts";

/** Nothing is reserved that a node uses. */
export function reservedUseIssues(added: readonly Placed<PodNetworkReserved>[], uses: readonly Use[]): Issue[] {
  return added.flatMap(({ path, value }): Issue[] => {
    const inside = usesIn(uses, value.cidr);
    if (inside.length === 0) return [];
    const list = renderFirst(inside.map(({ node, cidr, isHeld }) => `${cidr} of ${node}${isHeld ? " (resting)" : ""}`));
    const message = `${value.cidr} touches subnets in use: ${list}; reserve what no node has, or wait until kubectl get nodesubnets shows none of them`;
    return [{ path: `${path}.cidr`, code: "InUse", message }];
  });
}

/** No static subnet is another node's, and none is taken from the node that uses it. */
export function staticUseIssues(change: Change, spec: PodNetworkSpec, uses: readonly Use[]): Issue[] {
  return change.addedStatics.flatMap((added): Issue[] => {
    const { node, cidr } = added.value;
    const others = usesIn(uses, cidr).filter((use) => use.node !== node);
    const taken = others.map((use): Issue => {
      const remedy = use.isHeld
        ? "choose one that is free, or wait until its hold is over"
        : `choose one that is free, or one that ${node} has already`;
      const message = `${cidr} is ${use.isHeld ? "still held for" : "in use by"} ${use.node}; ${remedy}`;
      return { path: `${added.path}.cidr`, code: "InUse", message };
    });
    return [...taken, ...replacedIssues(added, change.removedStatics, spec, uses)];
  });
}

/** A node keeps what it uses; only where its range is being drained anyway another may take the place. */
function replacedIssues(
  added: Placed<PodNetworkStaticSubnet>,
  removed: readonly PodNetworkStaticSubnet[],
  spec: PodNetworkSpec,
  uses: readonly Use[],
): Issue[] {
  const { node, cidr } = added.value;
  const before = removed.filter((other) => other.node === node && isIPv6(other.cidr) === isIPv6(cidr));
  return before.flatMap((other): Issue[] => {
    const isUsed = usesIn(uses, other.cidr).some((use) => use.node === node && !use.isHeld);
    if (!isUsed || !liesInActiveRange(spec, other.cidr)) return [];
    const message = `${node} uses ${other.cidr} and cannot change it for ${cidr}; keep ${other.cidr} and add ${cidr} beside it, or drain the range of ${other.cidr}`;
    return [{ path: `${added.path}.cidr`, code: "InUse", message }];
  });
}

function liesInActiveRange({ ranges }: PodNetworkSpec, cidr: string): boolean {
  const prefix = parseLoosePrefix(cidr);
  if (prefix === undefined) return false;
  return ranges.some((range) => {
    const around = parseLoosePrefix(range.cidr);
    return range.state === "Active" && around !== undefined && containsPrefix(around, prefix);
  });
}

function isIPv6(cidr: string): boolean {
  return cidr.includes(":");
}
