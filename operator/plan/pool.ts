import type { Family } from "../../lib/net/address.ts";
import { comparePrefixes, containsPrefix, type Prefix, renderPrefix } from "../../lib/net/prefix.ts";
import { countSubnets, freeSubnets, type RangeUse } from "../../lib/net/ranges.ts";
import { type Acceptance, type AcceptedRange, givingRanges } from "./accept.ts";
import { type PrefixIndex, indexPrefixes } from "../../lib/net/prefix-index.ts";
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
  /** Those taken out of turn; all as text. */
  const given = new Set<string>();
  const free = freeOf(uses, new Set(setAside.map(renderPrefix)));
  const next = (): FreeSubnet | undefined => {
    let found = free.next().value;
    while (found !== undefined && given.has(renderPrefix(found.prefix))) found = free.next().value;
    return found;
  };
  const homeOf = createHomes(uses);
  const freeHomeOf = (prefix: Prefix) => (given.has(renderPrefix(prefix)) ? undefined : homeOf(prefix));
  let head = next();
  let why: string | undefined;
  return {
    next: () => head,
    isFree: (prefix) => freeHomeOf(prefix) !== undefined,
    take() {
      const found = head;
      head = next();
      return found;
    },
    takeExactly(prefix) {
      const home = freeHomeOf(prefix);
      if (home === undefined) return undefined;
      given.add(renderPrefix(prefix));
      if (head !== undefined && comparePrefixes(head.prefix, prefix) === 0) head = next();
      return { prefix, entry: home.entry };
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

interface UsedRange {
  readonly range: AcceptedRange;
  readonly use: RangeUse;
}

/** Gives the range that a prefix is a subnet of, where nothing in use or reserved touches it. What is in use is sorted at the first question. */
function createHomes(uses: readonly UsedRange[]): (prefix: Prefix) => AcceptedRange | undefined {
  let inUse: PrefixIndex<{ readonly prefix: Prefix }> | undefined;
  return (prefix) => {
    const home = uses.find(({ range }) => range.subnetLength === prefix.length && containsPrefix(range.prefix, prefix));
    if (home === undefined) return undefined;
    inUse ??= indexPrefixes(uses.flatMap(({ use }) => [...use.taken, ...use.reserved].map((prefix) => ({ prefix }))));
    for (const _ of inUse.touching(prefix)) return undefined;
    return home.range;
  };
}

/** A range with what is no longer free in it. What has a node's address in it is as good as reserved, and so is what the network keeps away from. */
export function useOf(range: AcceptedRange, network: Network, use: Occupancy): RangeUse {
  return {
    range: range.prefix,
    subnetLength: range.subnetLength,
    taken: use.takenFrom(range.entry),
    reserved: [...network.reserved, ...use.nodesIn(range.entry), ...use.asideOf(network)],
  };
}

function* freeOf(uses: readonly UsedRange[], setAside: ReadonlySet<string>): Generator<FreeSubnet, undefined> {
  for (const { range, use } of uses)
    for (const prefix of freeSubnets(use)) if (!setAside.has(renderPrefix(prefix))) yield { prefix, entry: range.entry };
  return undefined;
}
