import type { PodNetwork, PodNetworkRange, PodNetworkReserved, PodNetworkStaticSubnet } from "../../crds/types.ts";

/** Something in a spec, and where, e.g. `"spec.ranges[2]"`. */
export interface Placed<T> {
  readonly path: string;
  readonly value: T;
}

/** What a new spec adds to an old one and takes away; everything is new where there is no old one. */
export interface Change {
  readonly addedRanges: readonly Placed<PodNetworkRange>[];
  readonly removedRanges: readonly PodNetworkRange[];
  /** Ranges that were there and now begin to be drained. */
  readonly drainedRanges: readonly Placed<PodNetworkRange>[];
  readonly addedReserved: readonly Placed<PodNetworkReserved>[];
  readonly addedStatics: readonly Placed<PodNetworkStaticSubnet>[];
  readonly removedStatics: readonly PodNetworkStaticSubnet[];
}

/** Compares the two specs; entries are known by their cidr, statics by cidr and node. */
export function changeOf({ spec }: PodNetwork, old: PodNetwork | undefined): Change {
  const oldRanges = new Map(old?.spec.ranges.map((range) => [range.cidr, range]));
  const ranges = placed(spec.ranges, "spec.ranges");
  const kept = new Set(spec.ranges.map(({ cidr }) => cidr));
  const oldReserved = new Set(old?.spec.reserved?.map(({ cidr }) => cidr));
  const statics = placed(spec.staticSubnets ?? [], "spec.staticSubnets");
  const oldStatics = old?.spec.staticSubnets ?? [];
  return {
    addedRanges: ranges.filter(({ value }) => !oldRanges.has(value.cidr)),
    removedRanges: [...oldRanges.values()].filter(({ cidr }) => !kept.has(cidr)),
    drainedRanges: ranges.filter(({ value }) => value.state === "Draining" && oldRanges.get(value.cidr)?.state === "Active"),
    addedReserved: placed(spec.reserved ?? [], "spec.reserved").filter(({ value }) => !oldReserved.has(value.cidr)),
    addedStatics: statics.filter(({ value }) => !oldStatics.some((other) => isSame(other, value))),
    removedStatics: oldStatics.filter((other) => !statics.some(({ value }) => isSame(other, value))),
  };
}

function placed<T>(values: readonly T[], path: string): Placed<T>[] {
  return values.map((value, index) => ({ path: `${path}[${index}]`, value }));
}

function isSame(a: PodNetworkStaticSubnet, b: PodNetworkStaticSubnet): boolean {
  return a.cidr === b.cidr && a.node === b.node;
}
