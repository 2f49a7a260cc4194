import { isIP } from "node:net";
import { parseIp, stringifyIp } from "ip-bigint";

/** IPv4 or IPv6, as data. */
export type Family = 4 | 6;

/** One address, without prefix length or zone. */
export interface Address {
  readonly family: Family;
  /** The address as a number, e.g. `0x0a000001n` for `10.0.0.1`. */
  readonly value: bigint;
}

/** Bits in an address of the family: 32 or 128. */
export function addressBits(family: Family): number {
  return family === 4 ? 32 : 128;
}

/**
 * The address that a text names, as strictly as Kubernetes reads one: no leading zeros, no spaces, no zone,
 * no IPv4-mapped IPv6 (`::ffff:10.0.0.1`). Undefined for anything else. Any valid spelling is read; `renderAddress` gives the canonical one.
 */
export function parseAddress(text: string): Address | undefined {
  const family = isIP(text);
  if ((family !== 4 && family !== 6) || text.includes("%")) return undefined;
  const value = parseIp(text, { validate: false }).number;
  return family === 6 && isMapped(value) ? undefined : { family, value };
}

/**
 * The address that an already validated text names.
 * @throws {RangeError} when it names none.
 */
export function toAddress(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new RangeError(`"${text}" is not an IP address`);
  return address;
}

/** The one canonical text of an address: dotted decimal, or RFC 5952, e.g. `"fd00:10:244::1"`. */
export function renderAddress(address: Address): string {
  return stringifyIp({ number: address.value, version: address.family });
}

/** Orders by family, then by number: negative, 0 or positive, for `sort`. */
export function compareAddresses(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family - b.family;
  return a.value < b.value ? -1 : Number(a.value > b.value);
}

/** ::ffff:0:0/96, which is IPv4 in disguise (RFC 4291, 2.5.5.2). */
function isMapped(value: bigint): boolean {
  return value >> 32n === 0xffffn;
}
