import { stringify } from "yaml";
import type { NodeNetwork, NodeSubnet, RangeLedger } from "../crds/types.ts";
import { printable } from "../lib/text/printable.ts";
import type { Output } from "./output.ts";
import type { Plan } from "./plan/make-plan.ts";
import { renderMarkdown } from "./plan/render-markdown.ts";
import { renderTable } from "./plan/render-table.ts";

export interface RenderOptions {
  readonly output: Output;
  /** Rows of a list for people, at most. */
  readonly limit: number;
  /** Whether programs get the planned objects, too. */
  readonly objects: boolean;
}

/** A plan as text that ends with a line feed. */
export function renderPlan(plan: Plan, { output, limit, objects }: RenderOptions): string {
  const data = () => ({ ...plan.report, ...(objects && { objects: objectsOf(plan) }) });
  switch (output) {
    case "table":
      return renderTable(plan.report, limit);
    case "markdown":
      return renderMarkdown(plan.report, limit);
    case "json":
      return `${spelledOut(JSON.stringify(data(), undefined, 2))}\n`;
    case "yaml":
      return stringify(shownIn(data()), { aliasDuplicateObjects: false, lineWidth: 0 });
  }
}

/** YAML may hold as it is what commands a terminal; there it is text like any other. */
function shownIn(data: object): unknown {
  return JSON.parse(JSON.stringify(data, (_, value: unknown) => (typeof value === "string" ? spelledOut(value) : value)));
}

/** JSON says the same with these spelled out, and no terminal obeys it then. */
function spelledOut(json: string): string {
  return json
    .split("\n")
    .map((line) => printable(line))
    .join("\n");
}

/** The objects as they will be, without what the API server adds. */
function objectsOf({ settled: { snapshot } }: Plan): object {
  const bare = ({ apiVersion, kind, metadata, spec }: NodeSubnet | NodeNetwork | RangeLedger) => {
    return { apiVersion, kind, metadata: { name: metadata.name }, spec };
  };
  const all = (items: readonly { readonly object: NodeSubnet | NodeNetwork }[]) =>
    items.map(({ object }) => bare(object)).toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return {
    rangeLedgers: snapshot.ledger === undefined ? [] : [bare(snapshot.ledger.object)],
    nodeSubnets: all(snapshot.claims),
    nodeNetworks: all(snapshot.records),
  };
}
