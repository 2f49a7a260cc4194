import { type Address, compareAddresses } from "../../lib/net/address.ts";
import { containsAddress, firstAddress, type Prefix } from "../../lib/net/prefix.ts";

/** Ascending, for `firstInside`. */
export function inOrder(addresses: readonly Address[]): Address[] {
  return addresses.toSorted(compareAddresses);
}

/** The lowest of the ascending addresses that lies in the prefix; O(log n). */
export function firstInside(prefix: Prefix, ascending: readonly Address[]): Address | undefined {
  const from = firstAddress(prefix);
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const address = ascending[middle];
    if (address !== undefined && compareAddresses(address, from) < 0) low = middle + 1;
    else high = middle;
  }
  const found = ascending[low];
  return found !== undefined && containsAddress(prefix, found) ? found : undefined;
}
