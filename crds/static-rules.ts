import type { Family } from "../lib/net/address.ts";
import { containsPrefix, parseLoosePrefix, type Prefix, prefixesOverlap } from "../lib/net/prefix.ts";
import type { Issue } from "./issue.ts";
import { prefixIssues } from "./range-rules.ts";
import type { PodNetworkSpec } from "./types.ts";

/** What static subnets get wrong: each lies in one range, is as long as that range's node subnets, touches nothing reserved, and a node has not too many. */
export function staticSubnetIssues(spec: PodNetworkSpec): Issue[] {
  const entries = (spec.staticSubnets ?? []).map(({ node, cidr }, index) => {
    return { node, cidr, path: `spec.staticSubnets[${index}]`, prefix: parseLoosePrefix(cidr) };
  });
  return entries.flatMap(({ node, cidr, path, prefix }, index) => {
    if (prefix === undefined) return prefixIssues(cidr, `${path}.cidr`);
    const before = entries.slice(0, index).filter((other) => other.node === node && other.prefix?.family === prefix.family);
    return [
      ...prefixIssues(cidr, `${path}.cidr`),
      ...placeIssues(spec, cidr, prefix).map((issue) => ({ ...issue, path: `${path}.cidr` })),
      ...countIssues(spec, node, prefix.family, before.length + 1).map((issue) => ({ ...issue, path: `${path}.node` })),
    ];
  });
}

type Placeless = Omit<Issue, "path">;

function placeIssues({ ranges, reserved = [] }: PodNetworkSpec, cidr: string, prefix: Prefix): Placeless[] {
  const touched = reserved.filter((other) => overlaps(other.cidr, prefix));
  const issues = touched.map((other): Placeless => {
    return { code: "Reserved", message: `${cidr} touches the reserved prefix ${other.cidr}; remove one of the two` };
  });
  const around = ranges.filter((range) => contains(range.cidr, prefix));
  if (around.length === 0) {
    const known = ranges.map((range) => range.cidr).join(", ");
    issues.push({
      code: "OutsideRanges",
      message: `"${cidr}" lies in no range of this network (${known}); remove it or correct it`,
    });
  }
  for (const range of around) {
    if (range.nodePrefixLength === prefix.length) continue;
    const message = `${cidr} is not of length /${range.nodePrefixLength}, as every node subnet of ${range.cidr}; correct its length`;
    issues.push({ code: "OutOfBounds", message });
  }
  return issues;
}

function countIssues({ growth }: PodNetworkSpec, node: string, family: Family, count: number): Placeless[] {
  if (count <= growth.maxSubnetsPerNode) return [];
  const message = `"${node}" has ${count} static IPv${family} subnets, growth.maxSubnetsPerNode is ${growth.maxSubnetsPerNode}; remove one or raise it`;
  return [{ code: "OutOfBounds", message }];
}

function overlaps(cidr: string, prefix: Prefix): boolean {
  const other = parseLoosePrefix(cidr);
  return other !== undefined && prefixesOverlap(other, prefix);
}

function contains(cidr: string, prefix: Prefix): boolean {
  const outer = parseLoosePrefix(cidr);
  return outer !== undefined && containsPrefix(outer, prefix);
}
