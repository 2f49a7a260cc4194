import { networkNamespaceName } from "./create-host.ts";
import type { Attachment, HostSpec, Instance, Segment } from "./instance.ts";

/** The namespace that holds the bridges; like every other one of the lab it has no way out. */
export const WIRE = "wire";

/** One `ip -batch` to be run in one namespace. */
export interface IpBatch {
  readonly namespace: string;
  readonly lines: readonly string[];
}

/** Every network namespace of an instance, the one of its bridges first. */
export function networkNamespaces(instance: Instance): readonly string[] {
  return [WIRE, ...instance.hosts.map((host) => host.name)].map((host) => networkNamespaceName(instance.name, host));
}

function bridgeLines(segment: Segment): string[] {
  return [`link add name ${segment.name} type bridge forward_delay 0 mcast_snooping 0`, `link set dev ${segment.name} up`];
}

function wireLines(instance: Instance, host: HostSpec): string[] {
  const namespace = networkNamespaceName(instance.name, host.name);
  return host.attachments.flatMap((attachment, index) => [
    `link add name ${host.name}.${index} type veth peer name eth${index} netns ${namespace}`,
    `link set dev ${host.name}.${index} master ${attachment.segment}`,
    `link set dev ${host.name}.${index} up`,
  ]);
}

function prefixLengthsOf(segments: readonly Segment[], name: string): readonly string[] {
  const segment = segments.find((candidate) => candidate.name === name);
  if (segment === undefined) throw new Error(`no segment is named ${name}`);
  return segment.prefixes.map((prefix) => prefix.slice(prefix.indexOf("/")));
}

function addressLines(instance: Instance, attachment: Attachment, index: number): string[] {
  const lengths = prefixLengthsOf(instance.segments, attachment.segment);
  return attachment.addresses.map((address, family) => {
    // Without duplicate address detection an IPv6 address works at once.
    const nodad = address.includes(":") ? " nodad" : "";
    return `addr add ${address}${lengths[family] ?? ""} dev eth${index}${nodad}`;
  });
}

function hostLines(instance: Instance, host: HostSpec): string[] {
  return [
    "link set dev lo up",
    ...host.attachments.flatMap((attachment, index) => [
      ...addressLines(instance, attachment, index),
      `link set dev eth${index} up`,
    ]),
    ...host.gateways.map((gateway) => `route add default via ${gateway} dev eth0`),
  ];
}

/** The bridges, and the wires from them to every host. */
export function wireBatch(instance: Instance): IpBatch {
  return {
    namespace: networkNamespaceName(instance.name, WIRE),
    lines: [
      "link set dev lo up",
      ...instance.segments.flatMap(bridgeLines),
      ...instance.hosts.flatMap((host) => wireLines(instance, host)),
    ],
  };
}

/** The wires of one host alone, where they have gone with its namespace. */
export function rewireBatch(instance: Instance, host: HostSpec): IpBatch {
  return { namespace: networkNamespaceName(instance.name, WIRE), lines: wireLines(instance, host) };
}

/** Removes the wires of one host, from the bridges' side. */
export function unwireBatch(instance: Instance, host: HostSpec): IpBatch {
  const lines = host.attachments.map((_, index) => `link del dev ${host.name}.${index}`);
  return { namespace: networkNamespaceName(instance.name, WIRE), lines };
}

/** A host's own addresses and routes, once its wires are there. */
export function hostBatch(instance: Instance, host: HostSpec): IpBatch {
  return { namespace: networkNamespaceName(instance.name, host.name), lines: hostLines(instance, host) };
}

/** Kernel switches of a host, file → value, to be written inside its namespace after its wires are there and before they are up. */
export function hostSysctls(host: HostSpec): ReadonlyMap<string, string> {
  // A link-local address that is still being checked for duplicates would delay the first IPv6 packets by a second or two.
  const wires = host.attachments.map((_, index) => [`/proc/sys/net/ipv6/conf/eth${index}/accept_dad`, "0"] as const);
  const forwarding = ["/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding"];
  return new Map([...wires, ...(host.role === "router" ? forwarding.map((file) => [file, "1"] as const) : [])]);
}
