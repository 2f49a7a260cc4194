/** Bytes that a path between nodes adds to each pod packet, by routing mode. */
const overhead = { Direct: 0 } as const;

/** How pod packets travel between nodes. */
export type RoutingMode = keyof typeof overhead;

/** The largest pod packet that fits an uplink of that MTU, both in bytes. */
export function podMtu(uplinkMtu: number, mode: RoutingMode): number {
  return uplinkMtu - overhead[mode];
}
