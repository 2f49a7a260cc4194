import { apiVersion, ledgerName, nodeSubnetName } from "../../crds/names.ts";
import type {
  NodeNetwork,
  NodeNetworkStatus,
  NodeSubnet,
  NodeSubnetSpec,
  PodNetwork,
  PodNetworkRange,
  PodNetworkSpec,
  RangeLedger,
  RangeLedgerEntry,
} from "../../crds/types.ts";
import { specDefaults } from "./spec-defaults.ts";

/** A range in full: `"10.244.0.0/16"` cut into /24, an IPv6 one into /64, or as `part` says. */
export function rangeOf(cidr: string, part: Partial<PodNetworkRange> = {}): PodNetworkRange {
  return { cidr, nodePrefixLength: cidr.includes(":") ? 64 : 24, state: "Active", ...part };
}

/** A PodNetwork with these ranges and every default, or as `part` says; its uid is `uid-NAME`. */
export function podNetworkOf(name: string, cidrs: readonly string[], part: Partial<PodNetworkSpec> = {}): PodNetwork {
  return {
    apiVersion,
    kind: "PodNetwork",
    metadata: { name, uid: `uid-${name}` },
    spec: {
      ranges: cidrs.map((cidr) => rangeOf(cidr)),
      ...specDefaults,
      ...part,
    },
  };
}

/** The claim of a node of PodNetwork/default, Active, or as `part` says. */
export function claimOf(node: string, cidr: string, part: Partial<NodeSubnetSpec> = {}): NodeSubnet {
  const owner = { network: "default", networkUID: "uid-default", node, nodeUID: `uid-${node}` };
  const addresses = { nextHops: ["192.168.1.11"], nodeAddresses: ["192.168.1.11", "fd00:192:168:1::11"] };
  const spec: NodeSubnetSpec = { ...owner, cidr, state: "Active", incarnation: "ledger-1", epoch: 1, ...addresses, ...part };
  return { apiVersion, kind: "NodeSubnet", metadata: { name: nodeSubnetName(cidr) }, spec };
}

/** The NodeNetwork of a node of PodNetwork/default without subnets, that reports `status`. */
export function nodeNetworkOf(name: string, status?: NodeNetworkStatus): NodeNetwork {
  return {
    apiVersion,
    kind: "NodeNetwork",
    metadata: { name },
    spec: {
      configGeneration: 1,
      incarnation: "ledger-1",
      nodeUID: `uid-${name}`,
      network: "default",
      networkUID: "uid-default",
      subnets: [],
      growth: { addBelowFreeIPs: 16 },
      nodeAddresses: ["192.168.1.11"],
      podRanges: ["10.244.0.0/16"],
      mtu: { mode: "Auto" },
      masquerade: { enabled: true },
      cni: { confName: "10-podnet.conflist", bridge: "cni0", hairpin: true, portMap: true },
    },
    ...(status && { status }),
  };
}

/** The entry of a range of PodNetwork/default, Open, or as `part` says. */
export function entryOf(cidr: string, part: Partial<RangeLedgerEntry> = {}): RangeLedgerEntry {
  const nodePrefixLength = cidr.includes(":") ? 64 : 24;
  return { cidr, nodePrefixLength, network: "default", networkUID: "uid-default", epoch: 1, state: "Open", ...part };
}

/** The ledger with these entries. */
export function ledgerOf(entries: readonly RangeLedgerEntry[]): RangeLedger {
  const spec = { incarnation: "ledger-1", epoch: entries.length, releaseSequence: 0, entries: [...entries] };
  return { apiVersion, kind: "RangeLedger", metadata: { name: ledgerName }, spec };
}
