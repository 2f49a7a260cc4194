import {
  containsPrefix,
  isPrefixProblem,
  parseLoosePrefix,
  parsePrefix,
  type Prefix,
  prefixesOverlap,
  toPrefix,
} from "../lib/net/prefix.ts";
import type { Issue } from "./issue.ts";
import type { PodNetworkRange, PodNetworkReserved } from "./types.ts";

/** No pod network lies in these or around them: this host, loopback, link-local, multicast, reserved (RFC 6890). */
const notUnicast = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/8", "fe80::/10", "ff00::/8"];

/** What the ranges of one network get wrong, each alone and with each other. */
export function rangeIssues(ranges: readonly PodNetworkRange[]): Issue[] {
  return [...ranges.flatMap((range, index) => oneRangeIssues(range, `spec.ranges[${index}]`)), ...innerOverlaps(ranges)];
}

/** What reserved prefixes get wrong: each must be a prefix inside one of the ranges. */
export function reservedIssues(reserved: readonly PodNetworkReserved[], ranges: readonly PodNetworkRange[]): Issue[] {
  const within = ranges.flatMap(({ cidr }) => parseLoosePrefix(cidr) ?? []);
  return reserved.flatMap(({ cidr }, index): Issue[] => {
    const path = `spec.reserved[${index}].cidr`;
    const prefix = parseLoosePrefix(cidr);
    if (prefix === undefined || within.some((range) => containsPrefix(range, prefix))) return prefixIssues(cidr, path);
    const known = ranges.map((range) => range.cidr).join(", ");
    const message = `"${cidr}" lies in no range of this network (${known}); remove it or correct it`;
    return [...prefixIssues(cidr, path), { path, code: "OutsideRanges", message }];
  });
}

/** Ranges whose size of subnets an update changes. */
export function immutableIssues(ranges: readonly PodNetworkRange[], old: readonly PodNetworkRange[]): Issue[] {
  return ranges.flatMap(({ cidr, nodePrefixLength }, index): Issue[] => {
    const before = old.find((range) => range.cidr === cidr)?.nodePrefixLength ?? nodePrefixLength;
    if (before === nodePrefixLength) return [];
    const message = `${before} cannot become ${nodePrefixLength} in one change, since all node subnets of ${cidr} are of one length; put it back, or remove the range in one change and add it with the new length in the next`;
    return [{ path: `spec.ranges[${index}].nodePrefixLength`, code: "Immutable", message }];
  });
}

function oneRangeIssues({ cidr, nodePrefixLength }: PodNetworkRange, path: string): Issue[] {
  const issues = prefixIssues(cidr, `${path}.cidr`);
  const prefix = parseLoosePrefix(cidr);
  if (prefix === undefined) return issues;
  if (notUnicast.some((special) => prefixesOverlap(prefix, toPrefix(special)))) {
    const message = `"${cidr}" is or contains a loopback, link-local, multicast or reserved range; use a unicast range such as 10.244.0.0/16 or fd00:10:244::/48`;
    issues.push({ path: `${path}.cidr`, code: "NotUnicast", message });
  }
  if (isTooSmall(prefix)) {
    const message = `${cidr} is too small for a node subnet with addresses for pods; use a range of length ${longestSubnet(prefix)} or less`;
    return [...issues, { path: `${path}.cidr`, code: "OutOfBounds", message }];
  }
  for (const message of lengthProblems(prefix, cidr, nodePrefixLength)) {
    issues.push({ path: `${path}.nodePrefixLength`, code: "OutOfBounds", message });
  }
  return issues;
}

/** Whether a range of that prefix can be cut into subnets of that length. */
export function canBeCut(range: Prefix, subnetLength: number): boolean {
  return !isTooSmall(range) && lengthProblems(range, "", subnetLength).length === 0;
}

/** No length of subnets would be right for it. */
function isTooSmall(range: Prefix): boolean {
  return range.length > longestSubnet(range);
}

/** The length of the smallest node subnet in which a pod can have an address. */
function longestSubnet({ family }: Prefix): number {
  return family === 4 ? 30 : 126;
}

function lengthProblems(range: Prefix, cidr: string, length: number): string[] {
  const longest = longestSubnet(range);
  const problems: string[] = [];
  if (length < range.length) {
    problems.push(`node subnets of length /${length} are larger than the range ${cidr} itself; use ${range.length} or more`);
  }
  if (length > longest)
    problems.push(`node subnets of length /${length} of ${cidr} have no address for pods; use ${longest} or less`);
  if (range.family === 6 && length - range.length > 16) {
    problems.push(`length /${length} cuts ${cidr} into more than 65536 node subnets; use ${range.length + 16} or less`);
  }
  return problems;
}

/** What keeps a text from being a prefix in canonical form. */
export function prefixIssues(cidr: string, path: string): Issue[] {
  const result = parsePrefix(cidr);
  return isPrefixProblem(result) ? [{ path, code: result.code, message: result.message }] : [];
}

function innerOverlaps(ranges: readonly PodNetworkRange[]): Issue[] {
  const prefixes = ranges.map(({ cidr }) => parseLoosePrefix(cidr));
  return ranges.flatMap(({ cidr }, index) => {
    const prefix = prefixes[index];
    const earlier = ranges.slice(0, index).filter((range, at) => {
      const other = prefixes[at];
      return prefix !== undefined && other !== undefined && range.cidr !== cidr && prefixesOverlap(prefix, other);
    });
    return earlier.map((range): Issue => {
      const message = `${cidr} overlaps ${range.cidr} of the same network; keep the larger one or make them disjoint`;
      return { path: `spec.ranges[${index}].cidr`, code: "RangesOverlap", message };
    });
  });
}
