import { createHash } from "node:crypto";
import type { Address } from "./address.ts";

/**
 * The MAC address that a text always gives: locally administered, unicast, 46 bits of SHA-256, e.g. `"0a:58:9f:3c:51:e7"`.
 * Give a text that is unique where the address must be, e.g. `"node-1/cni0"`.
 */
export function macFor(text: string): string {
  const octets = createHash("sha256").update(text).digest().subarray(0, 6);
  octets[0] = ((octets[0] ?? 0) & 0b1111_1100) | 0b10;
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join(":");
}

/** The link-local IPv6 address made of a MAC address (RFC 4291, appendix A), e.g. `"0a:58:9f:3c:51:e7"` → fe80::858:9fff:fe3c:51e7. */
export function linkLocalOf(mac: string): Address {
  const [first = 0, ...rest] = mac.split(":").map((octet) => Number.parseInt(octet, 16));
  const [a = 0, b = 0, ...last] = rest;
  const octets = [first ^ 0b10, a, b, 0xff, 0xfe, ...last];
  return { family: 6, value: octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0xfe80n << 48n) };
}
