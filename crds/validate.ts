import { parseLoosePrefix, type Prefix } from "../lib/net/prefix.ts";
import { indexPrefixes, type PrefixIndex } from "../lib/net/prefix-index.ts";
import { compareText } from "../lib/text/order.ts";
import { bridgeChangeIssues, bridgeIssues } from "./bridge-rules.ts";
import type { Issue } from "./issue.ts";
import { immutableIssues, prefixIssues, rangeIssues, reservedIssues } from "./range-rules.ts";
import { staticSubnetIssues } from "./static-rules.ts";
import type { PodNetwork, PodNetworkMtu, PodNetworkNodeSelector, PodNetworkRollout, PodNetworkSpec } from "./types.ts";

/**
 * What one parsed PodNetwork gets wrong across its fields; the CRD's CEL rules find the same. With the stored object as `old` it judges an update:
 * what was wrong before and is unchanged is not named again, so that a wrong object can be corrected step by step.
 */
export function validatePodNetwork(candidate: PodNetwork, old?: PodNetwork): Issue[] {
  const issues = specIssues(candidate.spec);
  if (old === undefined) return issues;
  return [
    ...withoutKnown(issues, specIssues(old.spec)),
    ...immutableIssues(candidate.spec.ranges, old.spec.ranges),
    ...bridgeChangeIssues(candidate.spec.cni.bridge, old.spec.cni.bridge),
  ];
}

/** The ranges of all these networks, to be asked which of them overlap something: O(log n) a question. */
export function indexRanges(networks: readonly PodNetwork[]): OwnedRanges {
  return indexPrefixes(networks.flatMap(ownedRanges));
}

/** Ranges of networks, to be asked which of them overlap something. */
export type OwnedRanges = Pick<PrefixIndex<OwnedRange>, "touching">;

/**
 * Overlaps of a parsed PodNetwork's ranges with those of every other PodNetwork. With the stored object as `old` only ranges that it does not have
 * are judged, so that a network that lost a race can still be shrunk. The candidate itself, by name, may be among `others`.
 */
export function validateAgainst(candidate: PodNetwork, others: OwnedRanges, old?: PodNetwork): Issue[] {
  return candidate.spec.ranges.flatMap(({ cidr }, index) => {
    const prefix = parseLoosePrefix(cidr);
    if (prefix === undefined || old?.spec.ranges.some((range) => range.cidr === cidr)) return [];
    const overlapping = [...others.touching(prefix)].filter(({ network }) => network !== candidate.metadata.name);
    return overlapping.toSorted(compareOwned).map((their): Issue => {
      const place = `PodNetwork/${their.network} (spec.ranges[${their.index}])`;
      const message = `${cidr} overlaps ${their.cidr} of ${place}; choose a range that is free, or remove that one first`;
      return { path: `spec.ranges[${index}].cidr`, code: "OverlapsWith", message };
    });
  });
}

/** A range of a network. */
export interface OwnedRange {
  /** The network's name. */
  readonly network: string;
  /** Where it stands in the network's `spec.ranges`. */
  readonly index: number;
  readonly cidr: string;
  readonly prefix: Prefix;
}

function compareOwned(a: OwnedRange, b: OwnedRange): number {
  return compareText(a.network, b.network) || a.index - b.index;
}

/** The ranges of a network that are prefixes. */
export function ownedRanges({ metadata, spec }: PodNetwork): OwnedRange[] {
  return spec.ranges.flatMap(({ cidr }, index) => {
    const prefix = parseLoosePrefix(cidr);
    return prefix === undefined ? [] : [{ network: metadata.name, index, cidr, prefix }];
  });
}

function specIssues(spec: PodNetworkSpec): Issue[] {
  return [
    ...rangeIssues(spec.ranges),
    ...reservedIssues(spec.reserved ?? [], spec.ranges),
    ...staticSubnetIssues(spec),
    ...rolloutIssues(spec.rollout),
    ...cidrIssues(spec.routing.nodeAddress.cidrs, "spec.routing.nodeAddress.cidrs"),
    ...mtuIssues(spec.mtu, spec),
    ...cidrIssues(spec.masquerade.exclude, "spec.masquerade.exclude"),
    ...bridgeIssues(spec.cni.bridge),
    ...selectorIssues(spec.nodeSelector ?? {}),
  ];
}

function rolloutIssues({ maxUnavailableNodes: most }: PodNetworkRollout): Issue[] {
  if (typeof most === "number" ? most >= 1 && most <= 100_000 : /^([1-9]|[1-9][0-9]|100)%$/.test(most)) return [];
  const message = `${JSON.stringify(most)} is neither a number of nodes (1 to 100000) nor a share of them (1% to 100%); write e.g. 3 or 10%`;
  return [{ path: "spec.rollout.maxUnavailableNodes", code: "OutOfBounds", message }];
}

function cidrIssues(cidrs: readonly string[] | undefined, path: string): Issue[] {
  return (cidrs ?? []).flatMap((cidr, index) => prefixIssues(cidr, `${path}[${index}]`));
}

function mtuIssues({ mode, value }: PodNetworkMtu, { ranges }: PodNetworkSpec): Issue[] {
  if ((mode === "Fixed") !== (value !== undefined)) {
    const message = "mode Fixed needs a value, mode Auto takes none; set both or neither";
    return [{ path: "spec.mtu", code: "WrongCombination", message }];
  }
  if (value === undefined || value >= 1280 || ranges.every(({ cidr }) => parseLoosePrefix(cidr)?.family !== 6)) return [];
  const message = `an MTU of ${value} does not carry IPv6, which needs 1280 (RFC 8200, 5); use 1280 or more, or no IPv6 range`;
  return [{ path: "spec.mtu.value", code: "WrongCombination", message }];
}

function selectorIssues({ matchExpressions = [] }: PodNetworkNodeSelector): Issue[] {
  return matchExpressions.flatMap(({ operator, values = [] }, index): Issue[] => {
    const takesValues = operator === "In" || operator === "NotIn";
    if (takesValues === values.length > 0) return [];
    const message = "In and NotIn need values, Exists and DoesNotExist take none; correct values or operator";
    return [{ path: `spec.nodeSelector.matchExpressions[${index}]`, code: "WrongCombination", message }];
  });
}

/** Without the path, since an index moves when an entry before it goes. */
function withoutKnown(issues: readonly Issue[], known: readonly Issue[]): Issue[] {
  return issues.filter((issue) => !known.some(({ code, message }) => code === issue.code && message === issue.message));
}
