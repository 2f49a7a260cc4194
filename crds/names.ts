import { parseLoosePrefix, type Prefix, renderPrefix, toPrefix } from "../lib/net/prefix.ts";

/** API group of all kinds. */
export const group = "podnet.dev";

/** The only version so far. */
export const version = "v1alpha1";

/** `apiVersion` of all kinds. */
export const apiVersion = `${group}/${version}` as const;

/** What people want. */
export const podNetworkResource = { group, version, plural: "podnetworks", kind: "PodNetwork", namespaced: false } as const;

/** Which prefix belongs to which node. */
export const nodeSubnetResource = { group, version, plural: "nodesubnets", kind: "NodeSubnet", namespaced: false } as const;

/** What one node shall do and what it reports. */
export const nodeNetworkResource = { group, version, plural: "nodenetworks", kind: "NodeNetwork", namespaced: false } as const;

/** Which ranges are in use by anyone; one object. */
export const rangeLedgerResource = { group, version, plural: "rangeledgers", kind: "RangeLedger", namespaced: false } as const;

/** The name of the one RangeLedger. */
export const ledgerName = "cluster";

/** Keeps a PodNetwork until none of its claims is left. */
export const claimsFinalizer = "podnet.dev/claims";

/** Field managers, one per writer. */
export const fieldManagers = {
  operator: "podnet-operator",
  agent: "podnet-agent",
  webhook: "podnet-webhook",
  crds: "podnet-crds",
} as const;

/** Labels on objects of ours; each value is a name. */
export const labels = { network: "podnet.dev/network", node: "podnet.dev/node" } as const;

/**
 * Annotations that people set. `confirmDelete`: on a PodNetwork, its own name. `breakGlass`: on what only podnet's processes write, the reason why a hand
 * writes it after all; deploy/claim-guard.yaml looks at it.
 */
export const annotations = { confirmDelete: "podnet.dev/confirm-delete", breakGlass: "podnet.dev/break-glass" } as const;

/** `name` in every CNI configuration of ours. Another name would orphan every lease on the node. */
export const cniNetworkName = "podnet";

/** Marks our routes and nexthops (`ip route … proto 244`). */
export const routeProtocol = 244;

/** Our nftables table, in the families `inet` and `bridge`. */
export const nftTable = "podnet";

/** `ip link` alias that marks the bridge as ours. */
export const bridgeAlias = "podnet";

/** Begins the reason of every NetworkUnavailable condition of ours on a Node. */
export const nodeReasonPrefix = "Podnet";

/** The reason of one that says that the node's network is there. */
export const nodeProgrammedReason = `${nodeReasonPrefix}Programmed`;

/**
 * Name of the NodeSubnet of a prefix: `"10.244.7.0/24"` → `"10.244.7.0-24"`; IPv6 always in eight groups of four digits,
 * `"fd00:10:244:7::/64"` → `"fd00-0010-0244-0007-0000-0000-0000-0000-64"`, since `::` cannot stand in a name.
 * @throws {RangeError} when the text is not a prefix in canonical form.
 */
export function nodeSubnetName(cidr: string): string {
  return subnetName(toPrefix(cidr));
}

/** The same of a prefix that was read already. */
export function subnetName(prefix: Prefix): string {
  if (prefix.family === 4) return renderPrefix(prefix).replace("/", "-");
  const groups = prefix.address.toString(16).padStart(32, "0").match(/.{4}/g) ?? [];
  return `${groups.join("-")}-${prefix.length}`;
}

/** The prefix in canonical form that a NodeSubnet name stands for; undefined for any other name. */
export function parseNodeSubnetName(name: string): string | undefined {
  const dash = name.lastIndexOf("-");
  const address = name.slice(0, Math.max(dash, 0)).replaceAll("-", ":");
  const prefix = parseLoosePrefix(`${address}/${name.slice(dash + 1)}`);
  if (prefix === undefined) return undefined;
  const cidr = renderPrefix(prefix);
  return nodeSubnetName(cidr) === name ? cidr : undefined;
}
