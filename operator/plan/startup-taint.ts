import { nodeProgrammedReason } from "../../crds/names.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import type { NodeFacts } from "./snapshot.ts";

/**
 * Keys of taints with which a Node may be registered, so that no pod comes to it before its network is there. The second one says the same to a cluster autoscaler, which
 * then does not take the Node for one that has no room. deploy/operator.yaml lets the operator take away these and nothing else.
 */
export const startupTaintKeys = [
  "podnet.dev/not-programmed",
  "startup-taint.cluster-autoscaler.kubernetes.io/podnet-not-programmed",
] as const;

/** What a stored Node has of them; undefined: nothing. */
export function startupTaintOf({ spec }: Stored<Node>): NodeFacts["startupTaint"] {
  const taints = spec?.taints ?? [];
  const others = taints.filter(({ key }) => !startupTaintKeys.some((ours) => ours === key));
  return others.length === taints.length ? undefined : { others };
}

/** Nodes that have no need of their startup taints any more: their network is programmed, and they say so themselves, where everybody can see it. */
export function programmedButTainted(nodes: readonly NodeFacts[]): NodeFacts[] {
  return nodes.filter(({ startupTaint, networkUnavailable, deleting }) => {
    const isProgrammed = networkUnavailable?.status === "False" && networkUnavailable.reason === nodeProgrammedReason;
    return startupTaint !== undefined && isProgrammed && !deleting;
  });
}
