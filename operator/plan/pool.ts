import type { Family } from "../../lib/net/address.ts";
import { comparePrefixes, type Prefix, prefixesOverlap, renderPrefix } from "../../lib/net/prefix.ts";
import { countSubnets, freeSubnets, type RangeUse } from "../../lib/net/ranges.ts";
import { type Acceptance, type AcceptedRange, givingRanges } from "./accept.ts";
import type { Occupancy } from "./occupancy.ts";
import { familyName, type LedgerEntry, type Network } from "./snapshot.ts";

/** A free subnet and the entry of the ledger that it is cut from. */
export interface FreeSubnet {
  readonly prefix: Prefix;
  readonly entry: LedgerEntry;
}

/** The free subnets of one family of one network, lowest first, range after range. */
export interface Pool {
  next(): FreeSubnet | undefined;
  take(): FreeSubnet | undefined;
  /** Whether this very subnet can be taken; also one that is set aside. */
  isFree(prefix: Prefix): boolean;
  /** This very subnet, where it is free. */
  takeExactly(prefix: Prefix): FreeSubnet | undefined;
  whyEmpty(): string;
}

/** A pool that leaves out what is set aside for somebody. */
export function createPool(
  network: Network,
  family: Family,
  acceptance: Acceptance | undefined,
  use: Occupancy,
  setAside: readonly Prefix[],
): Pool {
  const ranges = givingRanges(acceptance).filter((range) => range.prefix.family === family);
  const uses = ranges.map((range) => ({ range, use: useOf(range, network, use) }));
  const free = freeOf(uses, setAside);
  const given: Prefix[] = [];
  const around = (prefix: Prefix) =>
    uses.find(({ range }) => range.subnetLength === prefix.length && prefixesOverlap(range.prefix, prefix));
  const isFree = (prefix: Prefix) => {
    const { use } = around(prefix) ?? {};
    return use !== undefined && ![...use.taken, ...use.reserved, ...given].some((other) => prefixesOverlap(other, prefix));
  };
  let head: FreeSubnet | undefined = free.next().value;
  let why: string | undefined;
  return {
    next: () => head,
    isFree,
    take() {
      const found = head;
      head = free.next().value;
      return found;
    },
    takeExactly(prefix) {
      const found = around(prefix);
      if (found === undefined || !isFree(prefix)) return undefined;
      given.push(prefix);
      if (head !== undefined && comparePrefixes(head.prefix, prefix) === 0) head = free.next().value;
      return { prefix, entry: found.range.entry };
    },
    whyEmpty() {
      why ??= `no ${familyName(family)} subnet is left for new nodes: ${uses
        .map(({ range, use }) => {
          const counts = countSubnets(use);
          return `${range.cidr} has ${counts.total} of length /${range.subnetLength}, ${counts.reserved} reserved`;
        })
        .join("; ")}; append a range to spec.ranges of PodNetwork/${network.name}`;
      return why;
    },
  };
}

/** A range with what is no longer free in it. */
export function useOf(range: AcceptedRange, network: Network, use: Occupancy): RangeUse {
  return {
    range: range.prefix,
    subnetLength: range.subnetLength,
    taken: use.takenFrom(range.entry),
    reserved: network.reserved,
  };
}

function* freeOf(
  uses: readonly { readonly range: AcceptedRange; readonly use: RangeUse }[],
  setAside: readonly Prefix[],
): Generator<FreeSubnet, undefined> {
  const kept = new Set(setAside.map(renderPrefix));
  for (const { range, use } of uses)
    for (const prefix of freeSubnets(use)) if (!kept.has(renderPrefix(prefix))) yield { prefix, entry: range.entry };
  return undefined;
}
