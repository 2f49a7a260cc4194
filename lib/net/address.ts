import { isIPv6 } from "node:net";
import { parseIp, stringifyIp } from "ip-bigint";

/** IPv4 or IPv6, as data. */
export type Family = 4 | 6;

/** Both, in the order in which they are told. */
export const families = [4, 6] as const satisfies readonly Family[];

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
  const dotted = parseDotted(text);
  if (dotted !== undefined) return { family: 4, value: BigInt(dotted) };
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const value = parseIp(text, { validate: false }).number;
  return isMapped(value) ? undefined : { family: 6, value };
}

const [zero, nine, dot] = [48, 57, 46];

/** Four numbers up to 255 with dots between them, none with a leading zero, as one number: `"10.0.0.1"` → `0x0a000001`. */
function parseDotted(text: string): number | undefined {
  let value = 0;
  let part: number | undefined;
  let dots = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === dot) {
      if (part === undefined || dots === 3) return undefined;
      value = value * 256 + part;
      part = undefined;
      dots++;
    } else {
      if (code < zero || code > nine || part === 0) return undefined;
      part = (part ?? 0) * 10 + code - zero;
      if (part > 255) return undefined;
    }
  }
  return part === undefined || dots < 3 ? undefined : value * 256 + part;
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
  if (address.family === 6) return stringifyIp({ number: address.value, version: 6 });
  const bits = Number(address.value);
  return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
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
