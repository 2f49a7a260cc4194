import type { NodeSubnet, NodeSubnetSpec } from "../../crds/types.ts";
import type { ApiObject } from "./api-kind.ts";
import type { KindRules } from "./known-kinds.ts";

type State = NodeSubnetSpec["state"];

/** State → those that may follow it. */
const next: Readonly<Record<State, readonly State[]>> = {
  Pending: ["Active"],
  Active: ["Draining", "Held"],
  Draining: ["Active", "Held"],
  Held: ["Active"],
};

/** The rules of crds/nodesubnet.yaml across fields and across time. */
export const kindRules: KindRules = {
  nodesubnets: (object, before) => {
    const claim = specOf(object);
    return standing(claim) ?? (before === undefined ? undefined : changed(claim, specOf(before)));
  },
};

function specOf(object: ApiObject): NodeSubnetSpec {
  return (object as object as NodeSubnet).spec;
}

function standing({ state, heldAt, releaseSequence }: NodeSubnetSpec): string | undefined {
  if ((state === "Held") !== (heldAt !== undefined)) return "spec.heldAt: stands exactly where the state is Held";
  if (releaseSequence !== undefined && state !== "Held") return "spec.releaseSequence: stands only where the state is Held";
  return undefined;
}

function changed(now: NodeSubnetSpec, old: NodeSubnetSpec): string | undefined {
  const owner = ({ network, networkUID, node, cidr }: NodeSubnetSpec) => `${network} ${networkUID} ${node} ${cidr}`;
  if (owner(now) !== owner(old)) return "spec: the owner of a claim never changes";
  const isBack = old.state === "Held" && now.state === "Active";
  if (now.nodeUID !== old.nodeUID && !isBack) return "spec: only a Held claim goes to another Node object";
  if (now.state !== old.state && !next[old.state].includes(now.state))
    return `spec.state: a claim does not go from ${old.state} to ${now.state}`;
  if (now.releaseSequence !== undefined && now.state === "Held" && old.state !== "Held")
    return "spec.releaseSequence: is given after the claim is Held, by a write of its own";
  return undefined;
}
