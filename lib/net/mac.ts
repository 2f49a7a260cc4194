import { createHash } from "node:crypto";

/**
 * The MAC address that a text always gives: locally administered, unicast, 46 bits of SHA-256, e.g. `"0a:58:9f:3c:51:e7"`.
 * Give a text that is unique where the address must be, e.g. `"node-1/cni0"`.
 */
export function macFor(text: string): string {
  const octets = createHash("sha256").update(text).digest().subarray(0, 6);
  octets[0] = ((octets[0] ?? 0) & 0b1111_1100) | 0b10;
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join(":");
}
