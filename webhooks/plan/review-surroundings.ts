import type { Issue, IssueCode } from "../../crds/issue.ts";
import type { PodNetwork, PodNetworkRange } from "../../crds/types.ts";
import { parseLoosePrefix } from "../../lib/net/prefix.ts";
import { countSubnets } from "../../lib/net/ranges.ts";
import { renderFirst } from "../../lib/text/counts.ts";
import type { Placed } from "./change.ts";
import { docPages } from "./doc-pages.ts";
import type { Evidence } from "./evidence.ts";
import { countedAside, touchingOf } from "./set-aside.ts";
import { type Neighbour, neighboursOf, type Surrounding, surroundings } from "./surroundings.ts";

/** By class: the code of a refusal, and what would go wrong. */
const classes: Readonly<Record<Surrounding, { readonly code: IssueCode; readonly what: string; readonly harm: string }>> = {
  services: {
    code: "OverlapsServices",
    what: "Service addresses",
    harm: "Services with an address of a pod could not be reached",
  },
  nodes: {
    code: "OverlapsNodes",
    what: "addresses of Nodes",
    harm: "pods and Nodes with the same addresses could not reach each other",
  },
  hostRoutes: {
    code: "OverlapsHostRoute",
    what: "routes of Nodes",
    harm: "what those Nodes reach there now, and pods, would hide each other",
  },
};

/** What is found beside PodNetworks where ranges are added, by spec.overlapPolicy; at most one issue, or one warning, for each range and class. */
export function surroundingsOpinion(
  added: readonly Placed<PodNetworkRange>[],
  candidate: PodNetwork,
  evidence: Evidence,
): { readonly issues: readonly Issue[]; readonly warnings: readonly string[] } {
  const issues: Issue[] = [];
  const warnings = added.length === 0 ? [] : unknownServices(evidence);
  for (const surrounding of surroundings) {
    const { found, problem } = neighboursOf(surrounding, evidence);
    const { code, what, harm } = classes[surrounding];
    if (problem !== undefined) warnings.push(`not judged, whether its ranges overlap ${what} (${problem})`);
    const policy = candidate.spec.overlapPolicy[surrounding];
    for (const { path, value } of added) {
      const touching = touchingOf(value, found, candidate.spec);
      if (touching.length === 0) continue;
      const meets = `${value.cidr} overlaps ${what}: ${renderFirst(touching.map(({ name }) => name))}`;
      const field = `spec.overlapPolicy.${surrounding}`;
      if (policy === "Reject") {
        const remedy = `choose a range that is free, or set ${field} to Reserve, so that no node gets a subnet that touches them, or to Warn`;
        issues.push({ path: `${path}.cidr`, code, message: `${meets}; ${harm}; ${remedy}` });
      } else if (policy === "Warn") warnings.push(`${path}: ${meets}; ${harm} (${field}: Warn; ${docPages.surroundings})`);
      else {
        const reserved = renderReserved(value, touching.length, countedAside(surrounding, touching, candidate.spec));
        warnings.push(`${path}: ${meets}; ${reserved} (${field}: Reserve; ${docPages.surroundings})`);
      }
    }
  }
  return { issues, warnings };
}

/** A range that lies in the unknown part of the Services' is taken, whatever the policy. */
function unknownServices({ services }: Evidence): string[] {
  const known = services.problem === undefined ? services.items.filter(({ addressOnly }) => addressOnly === true) : [];
  if (known.length === 0) return [];
  const addresses = renderFirst(known.map(({ cidr, by }) => `${cidr} (${by})`));
  return [
    `no more than ${addresses} is known of Service addresses, since this API server has no ServiceCIDRs; check that no range of the network overlaps its --service-cluster-ip-range (${docPages.surroundings})`,
  ];
}

function renderReserved({ cidr, nodePrefixLength }: PodNetworkRange, touching: number, aside: readonly Neighbour[]): string {
  const range = parseLoosePrefix(cidr);
  if (range === undefined || nodePrefixLength < range.length) return "node subnets that touch them are given to nobody";
  const reservedBy = aside.map(({ prefix }) => prefix);
  const { reserved, total } = countSubnets({ range, subnetLength: nodePrefixLength, taken: [], reserved: reservedBy });
  if (aside.length === touching) return `${reserved} of its ${total} node subnets touch them and are given to nobody`;
  return `${reserved} of its ${total} node subnets are given to nobody, since a route that is larger than a node subnet counts only where two nodes report it`;
}
