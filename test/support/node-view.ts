import { nodeSubnetName } from "../../crds/names.ts";
import type { NodeNetworkSpec, NodeSubnetSpec } from "../../crds/types.ts";
import { toAddress } from "../../lib/net/address.ts";
import type { NextHop } from "../../lib/linux/next-hop.ts";
import { type ClaimObject, parseClaims, type SeenClaim } from "../../node-agent/plan/claim.ts";
import type { NodeFacts } from "../../node-agent/plan/node-facts.ts";
import { isProblems, type OwnNetwork, parseOwnNetwork } from "../../node-agent/plan/own-network.ts";

/** What node-1 of a three-node cluster is told, in IPv4, or as `part` says. */
export function ownSpec(part: Partial<NodeNetworkSpec> = {}): NodeNetworkSpec {
  return {
    configGeneration: 1,
    incarnation: "ledger-1",
    nodeUID: "uid-node-1",
    network: "default",
    networkUID: "uid-default",
    subnets: active("10.244.1.0/24"),
    growth: { addBelowFreeIPs: 16 },
    nodeAddresses: ["192.168.1.11"],
    podRanges: ["10.244.0.0/16"],
    mtu: { mode: "Auto" },
    masquerade: { enabled: true },
    cni: { confName: "10-podnet.conflist", bridge: "cni0", hairpin: true, portMap: true },
    ...part,
  };
}

/** Subnets as a spec has them, all Active. */
export function active(...cidrs: readonly string[]): NodeNetworkSpec["subnets"] {
  return cidrs.map((cidr) => ({ cidr, state: "Active" }));
}

/** The same in both families. */
export function dualSpec(part: Partial<NodeNetworkSpec> = {}): NodeNetworkSpec {
  return ownSpec({
    subnets: active("10.244.1.0/24", "fd00:10:244:1::/64"),
    nodeAddresses: ["192.168.1.11", "fd00:192:168:1::11"],
    podRanges: ["10.244.0.0/16", "fd00:10:244::/48"],
    ...part,
  });
}

/** The same, read. */
export function ownNetwork(spec: NodeNetworkSpec = ownSpec()): OwnNetwork {
  const own = parseOwnNetwork(spec);
  if (isProblems(own)) throw new Error(own.map(({ message }) => message).join("; "));
  return own;
}

/** The NodeSubnet of node N (1 to 254): 10.244.N.0/24 by way of 192.168.1.1N, or as `part` says. */
export function claimObject(n: number, part: Partial<NodeSubnetSpec> = {}): ClaimObject {
  const spec: NodeSubnetSpec = {
    network: "default",
    networkUID: "uid-default",
    node: `node-${n}`,
    nodeUID: `uid-node-${n}`,
    cidr: `10.244.${n}.0/24`,
    state: "Active",
    incarnation: "ledger-1",
    epoch: 1,
    nextHops: [`192.168.1.${10 + n}`, `fd00:192:168:1::${10 + n}`],
    nodeAddresses: [`192.168.1.${10 + n}`, `fd00:192:168:1::${10 + n}`],
    ...part,
  };
  return { metadata: { name: nodeSubnetName(spec.cidr) }, spec };
}

/** Both NodeSubnets of node N: IPv4 and IPv6. */
export function dualClaims(n: number): ClaimObject[] {
  return [claimObject(n), claimObject(n, { cidr: `fd00:10:244:${n}::/64` })];
}

/** Both NodeSubnets of node N while they rest, released under this number. */
export function heldClaims(n: number, releaseSequence?: number): ClaimObject[] {
  const released = releaseSequence === undefined ? {} : { releaseSequence };
  return dualClaims(n).map(({ metadata, spec }) => ({
    metadata,
    spec: { ...spec, state: "Held", heldAt: "2026-01-01T00:00:00Z", ...released },
  }));
}

/** The same, read; every one of them has to be readable. */
export function claimsOf(objects: readonly ClaimObject[]): readonly SeenClaim[] {
  const { claims, problems } = parseClaims(objects);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join("; "));
  return claims;
}

/** A machine whose eth0 has the node's addresses and reaches these next hops directly. */
export function nodeFacts(onLink: readonly string[], part: Partial<NodeFacts> = {}): NodeFacts {
  const reach: NextHop = { reach: "OnLink", device: "eth0", mtu: 1500 };
  for (const address of onLink) toAddress(address);
  return {
    uplinks: [{ address: "192.168.1.11", device: "eth0", mtu: 1500 }],
    nextHops: new Map(onLink.map((address) => [address, reach])),
    bridgeNetfilter: true,
    acceptingRa: [],
    ...part,
  };
}
