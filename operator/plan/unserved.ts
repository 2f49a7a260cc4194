import { selects } from "../../crds/selector.ts";
import { listOf } from "./network-view.ts";
import type { Network, NodeFacts } from "./snapshot.ts";

/** A node without subnets that networks select, of which none takes a new node. */
export interface Unserved {
  readonly node: string;
  /** The oldest first; at least one. */
  readonly networks: readonly Network[];
}

/** The networks that select a node and take no new one: Terminating, or with a spec that breaks a rule. Where the selector is what breaks it, any node may be meant. */
export function closedNetworksFor(node: NodeFacts, networks: readonly Network[]): readonly Network[] {
  return networks.filter(
    ({ deleting, issues, object }) => (deleting || issues.length > 0) && selects(object.spec.nodeSelector, node.labels),
  );
}

/** Why no network takes a node, and what to do; the same for all nodes of the same networks. */
export function describeUnserved({ networks }: Unserved): string {
  const states = listOf(networks, ({ name, deleting }) => {
    const why = deleting
      ? "is being deleted: wait until it is gone, then apply it again or create another one for the Node"
      : "has an invalid spec: correct it as its condition Accepted says";
    return `PodNetwork/${name} ${why}`;
  });
  return `no PodNetwork that selects it takes new nodes, so it gets no subnet; ${states}`;
}
