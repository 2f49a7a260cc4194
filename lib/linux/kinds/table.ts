/** A named set of an nftables table. */
export interface NftSet {
  readonly name: string;
  /** e.g. `"ipv4_addr"`, `"ipv6_addr"`. */
  readonly type: string;
  /** e.g. `["interval"]`. */
  readonly flags: readonly string[];
  /** As nft lists them: no `/32` or `/128`, IPv6 canonical; any order, e.g. `["10.244.0.0/16", "192.168.1.11"]`. */
  readonly elements: readonly string[];
}

/** A chain of an nftables table. */
export interface NftChain {
  /** Not a word of the nft language: `postrouting` is fine, `masquerade` and `fwd` are not. */
  readonly name: string;
  /** Base chains only, as nft lists it, e.g. `"type nat hook postrouting priority srcnat; policy accept;"`. */
  readonly hook?: string;
  /** In order, as nft lists them without counters' values, e.g. `["ip saddr @pods4 ip daddr != @pods4 masquerade"]`. */
  readonly rules: readonly string[];
}

/** An nftables table of ours, replaced as a whole in one transaction: `inet podnet` or `bridge podnet`. */
export interface TableItem {
  readonly family: "inet" | "bridge";
  readonly name: "podnet";
  readonly sets: readonly NftSet[];
  readonly chains: readonly NftChain[];
}
