import { type Address, addressBits, compareAddresses, families, type Family } from "../../lib/net/address.ts";
import { firstAddress, lastAddress, type Prefix } from "../../lib/net/prefix.ts";
import { countLeading } from "../../lib/net/sorted.ts";

/** One subnet and what of it pods have. */
export interface SubnetUse {
  readonly cidr: string;
  readonly leases: number;
  readonly free: number;
}

/** What a status holds of a number; there may be more. */
const mostCounted = 2_147_483_647;

/** How many addresses host-local gives to pods of a subnet: all but the first, the gateway's, and in IPv4 the last. */
export function podAddresses({ family, length }: Prefix): bigint {
  const all = 1n << BigInt(addressBits(family) - length);
  const kept = family === 4 ? 3n : 2n;
  return all > kept ? all - kept : 0n;
}

/** How many addresses are left for pods where so many are leased; 2147483647 where there are more. */
export function freeAddresses(subnet: Prefix, leases: number): number {
  const free = podAddresses(subnet) - BigInt(leases);
  return Math.max(0, Number(free > BigInt(mostCounted) ? BigInt(mostCounted) : free));
}

/** Counts the leases that lie in a prefix, of leases in any order; O(log n) for each prefix. */
export function leaseCounter(leases: readonly Address[]): (prefix: Prefix) => number {
  const ascending = leases.toSorted(compareAddresses);
  return (prefix) => {
    const [first, last] = [firstAddress(prefix), lastAddress(prefix)];
    const before = countLeading(ascending, (address) => compareAddresses(address, first) < 0);
    return countLeading(ascending, (address) => compareAddresses(address, last) <= 0) - before;
  };
}

/** The families whose free addresses, over the subnets that give any out, are fewer than `addBelow`. */
export function lowFamilies(uses: readonly SubnetUse[], open: readonly string[], addBelow: number): Family[] {
  return families.filter((family) => {
    const giving = uses.filter(({ cidr }) => cidr.includes(":") === (family === 6) && open.includes(cidr));
    return giving.length > 0 && giving.reduce((sum, { free }) => sum + free, 0) < addBelow;
  });
}
