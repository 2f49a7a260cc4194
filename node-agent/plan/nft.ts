import { type Address, addressBits, type Family, renderAddress } from "../../lib/net/address.ts";
import { type Prefix, renderPrefix } from "../../lib/net/prefix.ts";
import type { NftSet } from "../../lib/linux/kinds/table.ts";

/** Family → how nftables speaks of it. */
export const languages: Readonly<Record<Family, { readonly type: string; readonly header: string; readonly multicast: string }>> =
  {
    4: { type: "ipv4_addr", header: "ip", multicast: "224.0.0.0/4" },
    6: { type: "ipv6_addr", header: "ip6", multicast: "ff00::/8" },
  };

/** A set of those of the prefixes that are of a family; they are disjoint. */
export function prefixSet(name: string, family: Family, prefixes: readonly Prefix[]): NftSet {
  const elements = prefixes.filter((prefix) => prefix.family === family).map(element);
  return { name: `${name}${family}`, type: languages[family].type, flags: ["interval"], elements };
}

/** A set of those of the addresses that are of a family, each once. */
export function addressSet(name: string, family: Family, addresses: readonly Address[]): NftSet {
  const elements = addresses.filter((address) => address.family === family).map(renderAddress);
  return { name: `${name}${family}`, type: languages[family].type, flags: [], elements: [...new Set(elements)] };
}

/** nft lists a prefix of one address without its length. */
function element(prefix: Prefix): string {
  return prefix.length === addressBits(prefix.family)
    ? renderAddress({ family: prefix.family, value: prefix.address })
    : renderPrefix(prefix);
}
