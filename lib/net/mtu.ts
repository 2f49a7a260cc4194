import type { Family } from "./address.ts";

/** Family of the nodes' addresses → bytes that VXLAN adds to each packet: IP, UDP, VXLAN, and the Ethernet header within (RFC 7348, 5). */
const vxlanOverhead: Readonly<Record<Family, number>> = { 4: 20 + 8 + 8 + 14, 6: 40 + 8 + 8 + 14 };

/** The largest packet that fits into VXLAN packets between nodes' addresses of that family over a path of that MTU, both in bytes. */
export function vxlanMtu(pathMtu: number, family: Family): number {
  return pathMtu - vxlanOverhead[family];
}
