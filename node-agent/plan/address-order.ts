import { type Address, compareAddresses } from "../../lib/net/address.ts";
import { containsAddress, firstAddress, type Prefix } from "../../lib/net/prefix.ts";
import { countLeading } from "../../lib/net/sorted.ts";

/** Ascending, for `firstInside`. */
export function inOrder(addresses: readonly Address[]): Address[] {
  return addresses.toSorted(compareAddresses);
}

/** The lowest of the ascending addresses that lies in the prefix; O(log n). */
export function firstInside(prefix: Prefix, ascending: readonly Address[]): Address | undefined {
  const from = firstAddress(prefix);
  const found = ascending[countLeading(ascending, (address) => compareAddresses(address, from) < 0)];
  return found !== undefined && containsAddress(prefix, found) ? found : undefined;
}
