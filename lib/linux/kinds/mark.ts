/** What marks an object of the kernel as ours; nothing without its mark is ever changed or removed. */
export const mark = {
  /** Links: their alias. */
  linkAlias: "podnet",
  /** Links that are being made, until their alias is set. */
  linkPrefix: "podnet-",
  /** Routes: the number in their `proto` field. */
  routeProtocol: 244,
  /** nftables: the name of the table. */
  tableName: "podnet",
} as const;
