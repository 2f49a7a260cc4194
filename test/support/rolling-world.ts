import assert from "node:assert/strict";
import type { PodNetworkSpec } from "../../crds/types.ts";
import { network, node, type RangePart } from "./plan-snapshot.ts";
import { planWorld, type PlanWorld } from "./plan-world.ts";

/** What every network here begins with. */
export const range: RangePart = { cidr: "10.244.0.0/16", nodePrefixLength: 24 };
export const second: RangePart = { cidr: "10.245.0.0/16", nodePrefixLength: 24 };
export const draining: RangePart = { ...range, state: "Draining" };

/** Of a spec, without its ranges. */
type Part = Partial<Omit<PodNetworkSpec, "ranges">>;

/** A network that may change so many nodes at a time. */
export function rolledOut(most: number | string, part: Part = {}, ranges: readonly RangePart[] = [range]) {
  return network({ spec: { rollout: { maxUnavailableNodes: most, paused: false }, ...part, ranges } });
}

/** A settled world of so many nodes, each with pods in its subnet. */
export function settled(count: number, most: number | string, ranges: readonly RangePart[] = [range]): PlanWorld {
  const conditions = [{ type: "Ready", status: "True" as const }];
  const nodes = Array.from({ length: count }, (_, at) => node(`node-${at}`, { addresses: [`192.168.1.${at + 1}`], conditions }));
  const world = planWorld({ networks: [rolledOut(most, {}, ranges)], nodes });
  world.rounds(2);
  assert.equal(world.claims().length, count);
  return world;
}

/** A setting that is not the default. */
export const fixed = { mtu: { mode: "Fixed", value: 1400 } } as const;

/** How many NodeNetworks have the MTU. */
export function changed(world: PlanWorld, value = 1400): number {
  return world.now().records.filter(({ object }) => object.spec.mtu.value === value).length;
}

/** Nodes are to move off the first range, so many at a time. */
export function drainAt(world: PlanWorld, part: Part = {}, most = 1): void {
  world.change({ networks: [rolledOut(most, part, [draining, second])] });
}
