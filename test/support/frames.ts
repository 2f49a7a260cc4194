import { type Address, addressBits, toAddress } from "../../lib/net/address.ts";

/** Who an Ethernet frame is from and to. */
export interface Hop {
  /** e.g. `"02:00:00:00:00:01"` */
  readonly from: string;
  readonly to: string;
}

/** What is in an IP packet. */
interface Content {
  /** By number, e.g. 17 for UDP. */
  readonly protocol: number;
  /** Its two bytes of checksum are still zero. */
  readonly bytes: Uint8Array;
  /** Where in `bytes` the checksum belongs. */
  readonly checksumAt: number;
}

const etherTypes = { 4: 0x0800, 6: 0x86dd } as const;

/** The MAC address of what is sent to every host on a link, by family. */
export const everyone = { 4: "ff:ff:ff:ff:ff:ff", 6: "33:33:00:00:00:01" } as const;

/** An ARP packet (RFC 826) that says that `sender` has the MAC address the frame comes from. */
export function arp(
  hop: Hop,
  says: { readonly operation: "Request" | "Reply"; readonly sender: string; readonly target: string; readonly hardware?: number },
): Uint8Array {
  const { operation, sender, target, hardware = 1 } = says;
  const head = joined(uint(hardware, 2), uint(etherTypes[4], 2), uint(0x0604, 2), uint(operation === "Request" ? 1 : 2, 2));
  return ethernet(hop, 0x0806, joined(head, mac(hop.from), ip(sender), mac(hop.to), ip(target)));
}

/** A datagram without content, in either family. */
export function udp(hop: Hop, from: readonly [address: string, port: number], to: readonly [address: string, port: number]) {
  const bytes = joined(uint(from[1], 2), uint(to[1], 2), uint(8, 2), uint(0, 2));
  return packet(hop, from[0], to[0], { protocol: 17, bytes, checksumAt: 6 });
}

/** A neighbour advertisement (RFC 4861, 4.4) that overrides what is known of `target`. */
export function advertisement(hop: Hop, from: string, to: string, target: string, solicited: boolean): Uint8Array {
  return icmp6(hop, from, to, 136, uint(solicited ? 0x6000_0000 : 0x2000_0000, 4), ip(target), macOption(2, hop.from));
}

/** A neighbour solicitation (RFC 4861, 4.3): who is asked learns the asker's MAC address. */
export function solicitation(hop: Hop, from: string, to: string): Uint8Array {
  return icmp6(hop, from, to, 135, uint(0, 4), ip(to), macOption(1, hop.from));
}

/** A router advertisement (RFC 4861, 4.2) to every host, that gives itself as default router and addresses out of a /64. */
export function routerAdvertisement(from: string, router: string, prefix: string): Uint8Array {
  const prefixOption = joined(Uint8Array.of(3, 4, 64, 0xc0), uint(1800, 4), uint(1800, 4), uint(0, 4), ip(prefix));
  const life = joined(Uint8Array.of(64, 0), uint(1800, 2), uint(0, 4), uint(0, 4));
  return icmp6({ from, to: everyone[6] }, router, "ff02::1", 134, life, macOption(1, from), prefixOption);
}

/** A redirect (RFC 4861, 4.5), as if from `router`: `destination` is better reached by `target`. */
export function redirect(hop: Hop, router: string, to: string, target: string, destination: string): Uint8Array {
  return icmp6(hop, router, to, 137, uint(0, 4), ip(target), ip(destination), macOption(2, hop.from));
}

/** A frame of any type. */
export function ethernet({ from, to }: Hop, type: number, payload: Uint8Array): Uint8Array {
  return joined(mac(to), mac(from), uint(type, 2), payload);
}

/** The frame with a tag of VLAN 0 of each of these types in front, the last one outermost; hosts take it for one without. */
export function priorityTagged(frame: Uint8Array, ...types: readonly number[]): Uint8Array {
  return types.reduce((inner, type) => tagged(inner, 0, type), frame);
}

/** The frame with a tag in front (IEEE 802.1Q, 9.6). */
export function tagged(frame: Uint8Array, vlan: number, type = 0x8100): Uint8Array {
  return joined(frame.slice(0, 12), uint(type, 2), uint(vlan, 2), frame.slice(12));
}

/** An IPv6 packet in a frame, with a header of destination options, which say nothing, before what it carries (RFC 8200, 4.6). */
export function behindOptions(frame: Uint8Array): Uint8Array {
  const options = Uint8Array.of(frame[20] ?? 0, 0, 1, 4, 0, 0, 0, 0);
  const length = (frame[18] ?? 0) * 256 + (frame[19] ?? 0) + options.length;
  return joined(frame.slice(0, 18), uint(length, 2), Uint8Array.of(60), frame.slice(21, 54), options, frame.slice(54));
}

/** The frame in a packet of VXLAN (RFC 7348, 5), without the headers below. */
export function inVxlan(id: number, frame: Uint8Array): Uint8Array {
  return joined(uint(0x0800_0000, 4), uint(id, 3), uint(0, 1), frame);
}

function icmp6(hop: Hop, from: string, to: string, type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return packet(hop, from, to, { protocol: 58, bytes: joined(uint(type, 1), uint(0, 3), ...parts), checksumAt: 2 });
}

function packet(hop: Hop, from: string, to: string, { protocol, bytes, checksumAt }: Content): Uint8Array {
  const { family } = toAddress(from);
  const pseudoHeader = joined(ip(from), ip(to), uint(bytes.length, 4), uint(protocol, 4));
  const content = withChecksum(bytes, checksumAt, pseudoHeader);
  const header = family === 6 ? header6(protocol, bytes.length) : header4(protocol, bytes.length);
  const whole = joined(header, ip(from), ip(to));
  return ethernet(hop, etherTypes[family], joined(family === 6 ? whole : withChecksum(whole, 10), content));
}

/** Without the addresses, and of IPv4 without the checksum (RFC 791, 3.1). */
function header4(protocol: number, length: number): Uint8Array {
  return joined(uint(0x4500, 2), uint(20 + length, 2), uint(0, 4), Uint8Array.of(64, protocol, 0, 0));
}

/** Without the addresses (RFC 8200, 3). What neighbours say comes with 255 hops left, or is not believed. */
function header6(protocol: number, length: number): Uint8Array {
  return joined(uint(0x6000_0000, 4), uint(length, 2), Uint8Array.of(protocol, 255));
}

/** The bytes with the checksum of the internet (RFC 1071) over them, and over what is put in front, at its place. */
function withChecksum(bytes: Uint8Array, at: number, front: Uint8Array = new Uint8Array()): Uint8Array {
  const all = joined(front, bytes);
  let sum = 0;
  for (let n = 0; n < all.length; n += 2) sum += (all[n] ?? 0) * 256 + (all[n + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return joined(bytes.slice(0, at), uint(~sum & 0xffff, 2), bytes.slice(at + 2));
}

/** Of neighbours' messages: type 1 is the sender's MAC address, 2 the target's. */
function macOption(type: 1 | 2, address: string): Uint8Array {
  return joined(Uint8Array.of(type, 1), mac(address));
}

function mac(text: string): Uint8Array {
  return Uint8Array.from(text.split(":"), (octet) => Number.parseInt(octet, 16));
}

function ip(text: string): Uint8Array {
  const address: Address = toAddress(text);
  return uint(address.value, addressBits(address.family) / 8);
}

/** Most significant byte first. */
function uint(value: number | bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, n) => Number((BigInt(value) >> BigInt(8 * (length - 1 - n))) & 0xffn));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
