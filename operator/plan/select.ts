import type { PodNetworkNodeSelector, PodNetworkNodeSelectorMatchExpression } from "../../crds/types.ts";
import type { Network, NodeFacts } from "./snapshot.ts";

type Labels = NodeFacts["labels"];

/** Whether a metav1.LabelSelector selects these labels; an empty or missing one selects everything. */
export function selects(selector: PodNetworkNodeSelector | undefined, labels: Labels): boolean {
  const exact = Object.entries(selector?.matchLabels ?? {});
  return (
    exact.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value) &&
    (selector?.matchExpressions ?? []).every((expression) => meets(expression, labels))
  );
}

/** Orders networks by age, the oldest first; those of the same second by name. */
export function compareAge(a: Network, b: Network): number {
  return compareText(a.createdAt, b.createdAt) || compareText(a.name, b.name);
}

/** Orders texts by code unit, the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** What `networkFor` chooses from. */
export interface Choice {
  /** Oldest first. */
  readonly networks: readonly Network[];
  /** Whether it can give subnets to new nodes. */
  readonly usable: (network: Network) => boolean;
}

/**
 * The network that a node without subnets joins: the oldest usable one that selects it; where none is usable the oldest that selects it,
 * so that it can say why the node gets nothing. A Terminating network takes no new node.
 */
export function networkFor(node: NodeFacts, choice: Choice): Network | undefined {
  const matching = choice.networks.filter(
    (network) => !network.deleting && network.issues.length === 0 && selects(network.object.spec.nodeSelector, node.labels),
  );
  return matching.find(choice.usable) ?? matching[0];
}

function meets({ key, operator, values = [] }: PodNetworkNodeSelectorMatchExpression, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  const isListed = value !== undefined && values.includes(value);
  const verdicts = { In: isListed, NotIn: !isListed, Exists: value !== undefined, DoesNotExist: value === undefined };
  return verdicts[operator];
}
