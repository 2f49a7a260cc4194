/** A route of ours in the main table: it carries protocol number 244. */
export interface RouteItem {
  /** Canonical text, e.g. `"10.244.2.0/24"`, `"fd00:10:244:2::/64"`. */
  readonly prefix: string;
  /** Next hop, same family, e.g. `"192.168.1.12"`. */
  readonly via: string;
  /** The device that reaches the next hop, e.g. `"eth0"`. */
  readonly device: string;
}
