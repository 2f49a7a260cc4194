import { compareText } from "../../lib/text/order.ts";
import { selects } from "../../crds/selector.ts";
import type { Network, NodeFacts } from "./snapshot.ts";

/** Orders networks by age, the oldest first; those of the same second by name. */
export function compareAge(a: Network, b: Network): number {
  return compareText(a.createdAt, b.createdAt) || compareText(a.name, b.name);
}

/** What `networksFor` chooses from. */
export interface Choice {
  /** Oldest first. */
  readonly networks: readonly Network[];
  /** Whether it can give subnets to new nodes. */
  readonly usable: (network: Network) => boolean;
}

/**
 * The networks that a node without subnets may join: of the usable ones that select it those of the highest priority, oldest first. It joins where that is one.
 * Where none is usable: the first of them, so that it can say why the node gets nothing. A Terminating network takes no new node.
 */
export function networksFor(node: NodeFacts, choice: Choice): readonly Network[] {
  const matching = choice.networks.filter(
    (network) => !network.deleting && network.issues.length === 0 && selects(network.object.spec.nodeSelector, node.labels),
  );
  const usable = matching.filter(choice.usable);
  const highest = Math.max(...usable.map(priorityOf));
  return usable.length === 0 ? matching.slice(0, 1) : usable.filter((network) => priorityOf(network) === highest);
}

function priorityOf({ object }: Network): number {
  return object.spec.priority;
}
