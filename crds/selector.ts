import type { PodNetworkNodeSelector, PodNetworkNodeSelectorMatchExpression } from "./types.ts";

export type Labels = Readonly<Record<string, string>>;

/** Whether a metav1.LabelSelector selects these labels; an empty or missing one selects everything. */
export function selects(selector: PodNetworkNodeSelector | undefined, labels: Labels): boolean {
  const exact = Object.entries(selector?.matchLabels ?? {});
  return (
    exact.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value) &&
    (selector?.matchExpressions ?? []).every((expression) => meets(expression, labels))
  );
}

function meets({ key, operator, values = [] }: PodNetworkNodeSelectorMatchExpression, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  const isListed = value !== undefined && values.includes(value);
  const verdicts = { In: isListed, NotIn: !isListed, Exists: value !== undefined, DoesNotExist: value === undefined };
  return verdicts[operator];
}
