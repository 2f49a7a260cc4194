/** An address on a link of ours; IPv6 ones are always set without duplicate address detection. */
export interface AddressItem {
  /** The link's name, e.g. `"cni0"`. */
  readonly device: string;
  /** Address and prefix length, canonical text, e.g. `"10.244.1.1/24"`, `"fd00:10:244:1::1/64"`. */
  readonly address: string;
}
