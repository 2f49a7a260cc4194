/** A link of ours: it carries the alias `podnet`. */
export interface LinkItem {
  /** Interface name, at most 15 characters, e.g. `"cni0"`. */
  readonly name: string;
  readonly type: "bridge";
  /** Pinned, lower case, e.g. `"02:11:22:33:44:55"`: an unpinned bridge takes another one with almost every port. */
  readonly mac: string;
  /** Bytes. */
  readonly mtu: number;
  readonly up: boolean;
}
