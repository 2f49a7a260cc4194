import { countOf, renderFirst } from "../../lib/text/counts.ts";
import { type PodNetworkConditionType, podNetworkReasons, type Verdict } from "../../crds/conditions.ts";
import { renderIssue } from "../../crds/issue.ts";
import { claimsFinalizer } from "../../crds/names.ts";
import { renderPrefix } from "../../lib/net/prefix.ts";
import { cut } from "../../lib/text/printable.ts";
import type { Member } from "./member.ts";
import { allocated, describeRecovery, programmed } from "./network-parts.ts";
import { isUnwanted, listOf, type NetworkView } from "./network-view.ts";
import { conflictRemedy, describeConflict } from "./node-addresses.ts";
import { reachable } from "./reachable.ts";
import { describeRefusal } from "./refusal.ts";
import { isDraining, isSilent, wantsChange } from "./rollout.ts";

type NetworkVerdict = Verdict<PodNetworkConditionType>;

/** The conditions of a network. Ready = Accepted ∧ Allocated ∧ Programmed ∧ Reachable; `judged` says over which nodes, `reachable` what of the last one is tolerated. */
export function networkConditions(view: NetworkView, capacity: NetworkVerdict): NetworkVerdict[] {
  const own = [accepted(view), allocated(view), programmed(view)];
  const { verdict: reach, isTolerated } = reachable(view);
  const parts = isTolerated ? own : [...own, reach];
  // Stalled first: kstatus goes by the first of the two that is True, and what needs a person must not be hidden by what is under way.
  const states = [withFlaw(ready(view, parts), reach), stalled(parts), reconciling(view, parts)];
  return [...own, reach, capacity, ...states, ...warnings(view)];
}

/** A network that is Ready tells there, too, that some of its nodes are not reached. */
function withFlaw(ready: NetworkVerdict, reach: NetworkVerdict): NetworkVerdict {
  if (ready.status !== "True" || reach.status !== "False") return ready;
  return { ...ready, message: `${ready.message}; ${reach.message}` };
}

/** Reasons that no waiting cures: a person must change something. */
const lasting = new Set<string>(podNetworkReasons.Stalled.filter((reason) => reason !== "NotStalled"));

/** The first of them that a range has is that of the network. */
const refusalReasons = ["OverlapsWith", "LedgerFull", "RangeInUse", "Accepting"] as const;

function accepted({ network, acceptance, refused }: NetworkView): NetworkVerdict {
  const type = "Accepted";
  if (network.issues.length > 0)
    return { type, status: "False", reason: "InvalidSpec", message: network.issues.slice(0, 10).map(renderIssue).join("; ") };
  if (acceptance.refused.length === 0)
    return { type, status: "True", reason: "Accepted", message: "no range overlaps another network's" };
  if (network.deleting) {
    const cidrs = acceptance.refused.map(({ range }) => range.cidr).join(", ");
    return {
      type,
      status: "False",
      reason: "Terminating",
      message: `it is being deleted; nothing is given any more from ${cidrs}`,
    };
  }
  const worst = refusalReasons.find((reason) => acceptance.refused.some((refusal) => refusal.reason === reason)) ?? "Accepting";
  if (worst === "Accepting" && refused.finalizer !== undefined) {
    const message = `no range is accepted before the finalizer ${claimsFinalizer} is on it, so that it cannot go before its subnets: ${cut(refused.finalizer, 1000)}`;
    return { type, status: "False", reason: "FinalizerRefused", message };
  }
  const isAwaited = acceptance.refused.some(({ reason }) => reason === "Accepting");
  const answer = isAwaited && refused.ledger !== undefined ? [`refused: ${cut(refused.ledger, 1000)}`] : [];
  return { type, status: "False", reason: worst, message: [...acceptance.refused.map(describeRefusal), ...answer].join("; ") };
}

function ready(view: NetworkView, parts: readonly NetworkVerdict[]): NetworkVerdict {
  const type = "Ready";
  if (view.network.deleting) return { type, status: "False", reason: "Terminating", message: terminating(view) };
  const wrong = parts.find(({ status }) => status === "False") ?? parts.find(({ status }) => status !== "True");
  if (wrong !== undefined) return { ...wrong, type };
  const last = parts.at(-1);
  return { type, status: "True", reason: last?.reason === "NoNodes" ? "NoNodes" : "Ready", message: last?.message ?? "" };
}

function reconciling(view: NetworkView, parts: readonly NetworkVerdict[]): NetworkVerdict {
  const type = "Reconciling";
  if (view.network.deleting) return { type, status: "True", reason: "Terminating", message: terminating(view) };
  if (view.recovery !== undefined)
    return { type, status: "True", reason: "Recovering", message: describeRecovery(view.recovery) };
  const open = parts.find(({ status, reason }) => status !== "True" && !lasting.has(reason) && reason !== "NoSubnets");
  if (open !== undefined) return { type, status: "True", reason: open.reason, message: open.message };
  return { type, ...changing(view) };
}

/** How far changes are that reach nodes a few at a time; the network is Ready meanwhile. A silent node is in progress only where it keeps a range from being left. */
function changing({ network, acceptance, members }: NetworkView): Omit<NetworkVerdict, "type"> {
  const { paused } = network.object.spec.rollout;
  const changed = members.map(({ member }) => member).filter((one) => isDraining(one) || wantsChange(one, acceptance));
  const silent = changed.filter((one) => isSilent(one) && (isDraining(one) || !paused));
  const heard = changed.filter((one) => !silent.includes(one));
  const moving = heard.filter(isDraining);
  const behind = heard.filter((one) => !isDraining(one));
  const parts = [
    ...(moving.length === 0 ? [] : [`moving off a subnet: ${namesOf(moving)}`]),
    ...(behind.length === 0 ? [] : [`${countOf(behind.length, "node")} ${paused ? "wait: spec.rollout.paused" : "to come"}`]),
    ...(silent.length === 0 ? [] : [`silent, to go on when heard again: ${namesOf(silent)}`]),
  ];
  const message = parts.join("; ");
  const isLeaving = (one: Member) => isDraining(one) || one.claims.some(({ prefix }) => isUnwanted(network, prefix));
  if (moving.length > 0) return { status: "True", reason: "Draining", message };
  if (behind.length > 0 && !paused)
    return { status: "True", reason: behind.some(isLeaving) ? "Draining" : "RollingOut", message: `node by node: ${message}` };
  if (silent.some(isLeaving)) return { status: "True", reason: "Draining", message };
  return { status: "False", reason: "Settled", message: message || "nothing is in progress" };
}

function namesOf(members: readonly Member[]): string {
  return renderFirst(members.map(({ node }) => node.name));
}

function stalled(parts: readonly NetworkVerdict[]): NetworkVerdict {
  const type = "Stalled";
  const stuck = parts.find((part) => part.status !== "True" && lasting.has(part.reason));
  if (stuck === undefined) return { type, status: "False", reason: "NotStalled", message: "nothing needs a person" };
  return { type, status: "True", reason: stuck.reason, message: stuck.message };
}

/** Conditions that stand only while there is something to say. */
function warnings({ members, unadopted, conflicts, network }: NetworkView): NetworkVerdict[] {
  const found: NetworkVerdict[] = [];
  if (unadopted.length > 0) {
    const places = listOf(unadopted, ({ node, podCIDR, why }) => `${node} (${renderPrefix(podCIDR)}: ${why})`);
    const message = `nodes have other subnets than their podCIDR: ${places}; nothing is wrong unless a program reads podCIDRs; spec.adoption.nodePodCIDR: Never ends this warning`;
    found.push({ type: "PodCIDRNotAdopted", status: "True", reason: "PodCIDRNotAdopted", message });
  }
  if (conflicts.length > 0) {
    const places = listOf(conflicts, (conflict) => `${conflict.node.name} (${describeConflict(conflict)})`);
    const message = `nodes have addresses in subnets of this network: ${places}; ${conflictRemedy}`;
    found.push({ type: "NodeAddressConflict", status: "True", reason: "NodeAddressConflict", message });
  }
  const strangers = members.filter(({ member }) => !member.isSelected && !member.hasNothing);
  if (strangers.length > 0) {
    const names = renderFirst(strangers.map(({ member }) => member.node.name));
    const message = `spec.nodeSelector of PodNetwork/${network.name} no longer matches ${names}; they keep their subnets until their Node objects are deleted`;
    found.push({ type: "NodesUnselected", status: "True", reason: "NodesUnselected", message });
  }
  return found;
}

function terminating({ blockers, claims }: NetworkView): string {
  if (blockers === undefined) return "deletion begins: looking for pods that have an address of this network";
  if (blockers.pods === 0) {
    const rest =
      claims.length === 0 ? "" : `; ${countOf(claims.length, "subnet")} rest before others may get them, see status.blockedBy`;
    return `deletion goes on: no pod has an address of this network any more${rest}`;
  }
  const places = listOf(blockers.nodes, ({ node, pods }) => `${node} (${pods})`);
  const pods = blockers.pods === 1 ? "1 pod has" : `${blockers.pods} pods have`;
  return `deletion waits: ${pods} an address of this network, on ${places}; it serves them until they are deleted or moved`;
}
