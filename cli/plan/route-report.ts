import { type Family, parseAddress } from "../../lib/net/address.ts";
import { comparePrefixes } from "../../lib/net/prefix.ts";
import type { Claim, Snapshot } from "../../operator/plan/snapshot.ts";
import type { RouteChange, RouteCounts, RouteReport } from "./report.ts";

/** Where packets to a claim go, and whose claim it is. */
interface Route {
  readonly cidr: string;
  readonly node: string;
  readonly via: string;
}

/** What becomes of routes. */
export interface RoutePlan {
  readonly report: RouteReport;
  of(node: string): RouteCounts;
  /** Claims to which nobody can route, since their node has no address of the family. */
  readonly unrouted: readonly Claim[];
}

const none: RouteCounts = { added: 0, changed: 0, removed: 0 };

/** Compares what every node with a network routes to: each claim of another node, Pending ones left out. */
export function routePlan(before: Snapshot, after: Snapshot): RoutePlan {
  const [old, now] = [routesOf(before), routesOf(after)];
  const changes = changesOf(old, now);
  const [oldOwn, nowOwn] = [countByNode(old.values()), countByNode(now.values())];
  const [knewRoutes, hasRoutes] = [programmed(before), programmed(after)];
  const changesByNode = Map.groupBy(changes, ({ node }) => node);
  const all = countsOf(changes);
  const of = (node: string): RouteCounts => {
    if (!knewRoutes.has(node)) return hasRoutes.has(node) ? { ...none, added: now.size - (nowOwn.get(node) ?? 0) } : none;
    if (!hasRoutes.has(node)) return { ...none, removed: old.size - (oldOwn.get(node) ?? 0) };
    const own = countsOf(changesByNode.get(node) ?? []);
    return { added: all.added - own.added, changed: all.changed - own.changed, removed: all.removed - own.removed };
  };
  const counts = [...new Set([...knewRoutes, ...hasRoutes])].map(of).filter(isAny);
  const sum = (field: keyof RouteCounts) => counts.reduce((total, count) => total + count[field], 0);
  return {
    of,
    report: {
      total: { added: sum("added"), changed: sum("changed"), removed: sum("removed") },
      nodes: counts.length,
      changes,
    },
    unrouted: after.claims.filter((claim) => isUsed(claim) && viaOf(claim) === undefined),
  };
}

/** Whether there is anything in it. */
export function isAny({ added, changed, removed }: RouteCounts): boolean {
  return added + changed + removed > 0;
}

function changesOf(old: ReadonlyMap<string, Route>, now: ReadonlyMap<string, Route>): RouteChange[] {
  const found: RouteChange[] = [];
  for (const route of now.values()) {
    const had = old.get(route.cidr);
    if (had === undefined) found.push({ change: "Added", ...route });
    else if (had.via !== route.via || had.node !== route.node) found.push({ change: "Changed", ...route });
  }
  for (const route of old.values()) if (!now.has(route.cidr)) found.push({ change: "Removed", ...route });
  return found;
}

function countsOf(changes: readonly RouteChange[]): RouteCounts {
  const count = (change: RouteChange["change"]) => changes.filter((one) => one.change === change).length;
  return { added: count("Added"), changed: count("Changed"), removed: count("Removed") };
}

/** By prefix, in the order of addresses. */
function routesOf({ claims }: Snapshot): ReadonlyMap<string, Route> {
  const used = claims.filter(isUsed).toSorted((a, b) => comparePrefixes(a.prefix, b.prefix));
  return new Map(
    used.flatMap((claim) => {
      const { cidr, node } = claim.object.spec;
      const via = viaOf(claim);
      return via === undefined ? [] : [[cidr, { cidr, node, via }] as const];
    }),
  );
}

/** As agents choose it where all of a claim's addresses are on their link. */
function viaOf({ prefix, object }: Claim): string | undefined {
  const ofFamily = (family: Family) => object.spec.nextHops?.find((address) => parseAddress(address)?.family === family);
  return ofFamily(prefix.family) ?? (prefix.family === 4 ? ofFamily(6) : undefined);
}

function isUsed({ object }: Claim): boolean {
  return object.spec.state !== "Pending";
}

/** Nodes that are told to route. */
function programmed({ records }: Snapshot): ReadonlySet<string> {
  return new Set(records.filter(({ subnets }) => subnets.length > 0).map(({ node }) => node));
}

function countByNode(routes: Iterable<Route>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { node } of routes) counts.set(node, (counts.get(node) ?? 0) + 1);
  return counts;
}
