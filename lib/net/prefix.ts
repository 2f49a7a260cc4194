import { type Address, addressBits, type Family, parseAddress, renderAddress } from "./address.ts";

/** A network prefix; all bits of `address` behind `length` are zero. */
export interface Prefix {
  readonly family: Family;
  /** The first address, as a number. */
  readonly address: bigint;
  /** e.g. 16 in `10.244.0.0/16`. */
  readonly length: number;
}

/** Why a text is not a prefix we accept. */
export interface PrefixProblem {
  readonly code: "NotAPrefix" | "NotCanonical";
  /** A clause that names the text and the remedy, to stand behind a field path. */
  readonly message: string;
  /** What to write instead, when the text means a prefix at all, e.g. `"10.244.0.0/16"` for `"10.244.0.1/16"`. */
  readonly canonical?: string;
}

/** The prefix that a text in canonical form names, e.g. `"10.244.0.0/16"`, or what is wrong with the text. */
export function parsePrefix(text: string): Prefix | PrefixProblem {
  const prefix = parseLoosePrefix(text);
  if (prefix === undefined) {
    return { code: "NotAPrefix", message: `${JSON.stringify(text)} is not a prefix; write address/length, e.g. 10.244.0.0/16` };
  }
  const canonical = renderPrefix(prefix);
  if (canonical === text) return prefix;
  return { code: "NotCanonical", message: `"${text}" is not in canonical form; write ${canonical}`, canonical };
}

/** The prefix that a text means, canonical or not: `"10.244.0.1/16"` → `10.244.0.0/16`. Undefined where Kubernetes would read no prefix. */
export function parseLoosePrefix(text: string): Prefix | undefined {
  const slash = text.lastIndexOf("/");
  const length = text.slice(slash + 1);
  if (slash < 0 || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const address = parseAddress(text.slice(0, slash));
  if (address === undefined || Number(length) > addressBits(address.family)) return undefined;
  return prefixAround(address, Number(length));
}

/** Tells the two results of `parsePrefix` apart. */
export function isPrefixProblem(result: Prefix | PrefixProblem): result is PrefixProblem {
  return "code" in result;
}

/**
 * The prefix that an already validated text names.
 * @throws {RangeError} when it is not a prefix in canonical form.
 */
export function toPrefix(text: string): Prefix {
  const result = parsePrefix(text);
  if (isPrefixProblem(result)) throw new RangeError(result.message);
  return result;
}

/** The prefix of that length around an address; bits behind the length are cleared. */
export function prefixAround(address: Address, length: number): Prefix {
  const shift = BigInt(addressBits(address.family) - length);
  return { family: address.family, address: (address.value >> shift) << shift, length };
}

/** The one canonical text of a prefix, e.g. `"fd00:10:244::/48"`. */
export function renderPrefix(prefix: Prefix): string {
  return `${renderAddress({ family: prefix.family, value: prefix.address })}/${prefix.length}`;
}

/** The lowest address of a prefix. */
export function firstAddress(prefix: Prefix): Address {
  return { family: prefix.family, value: prefix.address };
}

/** The highest address of a prefix; in IPv4 the broadcast address. */
export function lastAddress(prefix: Prefix): Address {
  return { family: prefix.family, value: prefix.address + (1n << hostBits(prefix)) - 1n };
}

/** The address `offset` places behind the first one, e.g. offset 1 of `10.244.7.0/24` is `10.244.7.1`. */
export function addressAt(prefix: Prefix, offset: bigint): Address {
  if (offset < 0n || offset >> hostBits(prefix) !== 0n) throw new RangeError(`${renderPrefix(prefix)} has no address ${offset}`);
  return { family: prefix.family, value: prefix.address + offset };
}

/** Whether the whole of `inner` lies in `outer`; a prefix contains itself. */
export function containsPrefix(outer: Prefix, inner: Prefix): boolean {
  return inner.length >= outer.length && containsAddress(outer, firstAddress(inner));
}

/** Whether the address lies in the prefix. */
export function containsAddress(prefix: Prefix, address: Address): boolean {
  return prefix.family === address.family && address.value >> hostBits(prefix) === prefix.address >> hostBits(prefix);
}

/** Whether two prefixes share any address; then one contains the other. */
export function prefixesOverlap(a: Prefix, b: Prefix): boolean {
  const larger = a.length < b.length ? a : b;
  return a.family === b.family && (a.address ^ b.address) >> hostBits(larger) === 0n;
}

/** How many subnets of that length the prefix is cut into; 0 when it is smaller than one. */
export function subnetCount(prefix: Prefix, length: number): bigint {
  return length < prefix.length ? 0n : 1n << BigInt(length - prefix.length);
}

/** The subnet of that length at an index, e.g. index 7 of `10.244.0.0/16` at /24 is `10.244.7.0/24`. */
export function subnetAt(prefix: Prefix, length: number, index: bigint): Prefix {
  if (index < 0n || index >= subnetCount(prefix, length)) {
    throw new RangeError(`${renderPrefix(prefix)} has no subnet ${index} of length /${length}`);
  }
  const shift = BigInt(addressBits(prefix.family) - length);
  return { family: prefix.family, address: prefix.address + (index << shift), length };
}

/** Orders by family, then first address, then the larger prefix first: negative, 0 or positive, for `sort`. */
export function comparePrefixes(a: Prefix, b: Prefix): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.address !== b.address) return a.address < b.address ? -1 : 1;
  return a.length - b.length;
}

function hostBits(prefix: Prefix): bigint {
  return BigInt(addressBits(prefix.family) - prefix.length);
}
