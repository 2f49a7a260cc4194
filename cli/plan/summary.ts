import { countOf, renderFirst } from "../../lib/text/counts.ts";
import type { PlanReport } from "./report.ts";

/** A line stays a line. */
const mostNamed = 3;

/** e.g. `"change: creates default; 20 nodes get 40 subnets, none loses one"`. */
export function summaryOf(
  verdict: PlanReport["verdict"],
  { networks, refusals, nodes, warnings }: Pick<PlanReport, "networks" | "refusals" | "nodes" | "warnings">,
): string {
  const isRefused = new Set(refusals.map(({ network }) => network));
  const verbs = { Create: "creates", Change: "changes", Delete: "deletes" } as const;
  const changes = (["Create", "Change", "Delete"] as const).flatMap((change) => {
    const names = networks.filter((network) => network.change === change && !isRefused.has(network.name)).map(({ name }) => name);
    return names.length === 0 ? [] : [`${verbs[change]} ${renderFirst(names, mostNamed)}`];
  });
  const getting = nodes.filter(({ gets }) => gets.length > 0);
  const subnets = getting.reduce((sum, { gets }) => sum + gets.length, 0);
  const told = nodes.filter(({ nodeNetwork }) => nodeNetwork.change !== "None").length;
  const losing = networks.reduce((sum, network) => sum + network.nodes.lose, 0);
  const effects = [
    ...(getting.length > 0
      ? [`${nodesOf(getting.length)} ${getting.length === 1 ? "gets" : "get"} ${countOf(subnets, "subnet")}`]
      : []),
    ...(losing > 0 ? [`${nodesOf(losing)} ${losing === 1 ? "gives" : "give"} subnets up`] : []),
    ...(told > 0 ? [`${countOf(told, "NodeNetwork")} ${told === 1 ? "is" : "are"} written`] : []),
  ];
  const refused =
    refusals.length === 0
      ? []
      : [`${countOf(refusals.length, "problem")} in ${renderFirst([...isRefused].map(orNameless), mostNamed)}`];
  const words = { NoChange: "no change", Change: "change", Refused: "refused" } as const;
  const warned = warnings.length === 0 ? "" : ` (${countOf(warnings.length, "warning")})`;
  const said = [...refused, ...changes, ...effects].join("; ");
  return `${words[verdict]}${said === "" ? "" : `: ${said}`}${warned}`;
}

function orNameless(name: string): string {
  return name === "" ? "a network without a name" : name;
}

function nodesOf(count: number): string {
  return countOf(count, "node");
}
