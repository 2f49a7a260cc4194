import assert from "node:assert/strict";
import type { NodeSubnet } from "../../crds/types.ts";
import { prefixesOverlap } from "../../lib/net/prefix.ts";
import { nodes } from "../../lib/kube/builtin.ts";
import type { Machine } from "./machine.ts";
import type { StoreView } from "./object-store.ts";
import { prefixOf, slowestMs, type Truth } from "./truth.ts";

/** Looks at the routes of machines to other nodes' subnets. */
export interface RouteWatch {
  claimStands(claim: NodeSubnet | undefined): void;
  /** A Node of this name was deleted; another one may come. */
  nodeWent(name: string): void;
  /** A Node of this name was created. */
  nodeCame(name: string, atMs: number): void;
  /** @throws where a machine routes, or no longer routes, to what it must not. */
  look(view: StoreView, nowMs: number): void;
}

/**
 * What agents may route to: every claim that ever counted, until it was Held, or another one took its place, or no machine of its node has it. A machine whose Node
 * is lost is in no cluster until it comes in again, and what was told of it until then may still be done a little later.
 */
export function createRouteWatch({ machines }: Truth): RouteWatch {
  const counted = new Set<string>();
  const held = new Set<string>();
  const known = new Map<Machine, ReadonlyMap<string, string>>();
  const gone = new Set<string>();
  /** Nodes that came again → when. */
  const backAt = new Map<string, number>();
  const isTaken = (cidr: string, node: string) =>
    [...counted].some((key) => {
      const [other = "", owner] = key.split(" ");
      return (other !== cidr || owner !== node) && prefixesOverlap(prefixOf(other), prefixOf(cidr));
    });
  const isHad = (cidr: string, owner: string, view: StoreView, nowMs: number) =>
    view.get(nodes, owner) !== undefined &&
    nowMs - (backAt.get(owner) ?? Number.NEGATIVE_INFINITY) > slowestMs &&
    machines.some(({ isOn, node, bridge }) => isOn && node === owner && bridge.has(cidr));
  const lookAt = (machine: Machine, view: StoreView, nowMs: number) => {
    const before = known.get(machine) ?? new Map<string, string>();
    const { machineID, routes } = machine;
    known.set(machine, routes);
    for (const [cidr, node] of routes)
      assert.ok(counted.has(`${cidr} ${node}`), `${machineID} routes to ${cidr} of ${node}, which was never more than Pending`);
    // Without any it has left its network, or lost all with its power.
    if (routes.size === 0 || machine.bridge.size === 0) return;
    for (const [cidr, node] of before)
      assert.ok(
        routes.has(cidr) || held.has(`${cidr} ${node}`) || isTaken(cidr, node) || !isHad(cidr, node, view, nowMs),
        `${machineID} routes no longer to ${cidr} of ${node}, which has it, and never Held`,
      );
  };
  return {
    claimStands(claim) {
      if (claim === undefined || claim.spec.state === "Pending") return;
      const key = `${claim.spec.cidr} ${claim.spec.node}`;
      counted.add(key);
      if (claim.spec.state === "Held") held.add(key);
    },
    nodeWent: (name) => void gone.add(name),
    nodeCame(name, atMs) {
      if (gone.has(name)) backAt.set(name, atMs);
    },
    look(view, nowMs) {
      for (const machine of machines) if (machine.isOn && known.get(machine) !== machine.routes) lookAt(machine, view, nowMs);
    },
  };
}
