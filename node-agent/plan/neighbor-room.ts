import { families, type Family } from "../../lib/net/address.ts";
import type { NodeFacts } from "./node-facts.ts";
import type { DirectPath } from "./routes.ts";
import type { TunnelPath } from "./vxlan.ts";

/**
 * How many other nodes this one asks for on its links, by the family of their addresses. What stands for good in the neighbor tables of tunnels counts against no limit
 * of the kernel's; that the tunnels' packets go to the nodes does.
 */
export function neighborsAsked(
  paths: readonly (DirectPath | TunnelPath)[],
  { nextHops }: NodeFacts,
): Readonly<Record<Family, number>> {
  const outer = paths.map((path) => ("entry" in path ? path.entry.to : path.route.via) ?? "");
  const asked = [...new Set(outer)].filter((address) => nextHops.get(address)?.reach === "OnLink");
  const six = asked.filter((address) => address.includes(":")).length;
  return { 4: asked.length - six, 6: six };
}

/**
 * Says where a kernel keeps fewer neighbors than there are nodes on the link. `limits`: of the whole machine, pods included; a family that is not known is not judged.
 * Without exact numbers, so that one node's coming is no news.
 */
export function shortOfNeighbors(asked: Readonly<Record<Family, number>>, limits: ReadonlyMap<Family, number>): string[] {
  return families.flatMap((family) => {
    const [count, limit] = [asked[family], limits.get(family) ?? Number.POSITIVE_INFINITY];
    if (count <= limit) return [];
    const setting = `net.ipv${family}.neigh.default.gc_thresh3`;
    return [
      `more than ${limit} other nodes are on this node's links, and its kernel keeps no more IPv${family} neighbors than that: ` +
        `packets get lost while so many are talked to; run "sysctl -w ${setting}=${roomFor(count)}", and have it done at boot`,
    ];
  });
}

/** Twice as many and more, a power of two: pods are neighbors, too. */
function roomFor(count: number): number {
  return 2 ** Math.ceil(Math.log2(2 * count));
}
