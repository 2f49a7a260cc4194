import { mostLedgerEntries } from "../../crds/limits.ts";
import type { Family } from "../../lib/net/address.ts";
import { type Prefix, renderPrefix } from "../../lib/net/prefix.ts";
import { type Acceptance, isUsable } from "./accept.ts";
import type { Refusal } from "./admission.ts";
import type { Member } from "./member.ts";
import { familyName } from "./snapshot.ts";

/** Why a node does not get a subnet that it needs. */
export interface AllocationFailure {
  readonly node: string;
  readonly networkUID: string;
  readonly code: "RangeExhausted" | "RangeNotAccepted" | "StaticSubnetTaken" | "ServicesUnseen" | "Recovering";
  /** What is wrong and what to do; the same for every node of the network and family where that can be. */
  readonly message: string;
  /** Without it the node lacks a family; else it is only short of addresses. */
  readonly isVital: boolean;
}

/** A node that has nothing yet does not begin with half of what its network promises. */
export function refusalOf(member: Member, acceptance: Acceptance | undefined): AllocationFailure | undefined {
  const { network } = member;
  if (!member.hasNothing || network.deleting || isUsable(network, acceptance)) return undefined;
  const refused = (acceptance?.refused ?? []).map(describeRefusal);
  const message = `new nodes get nothing while a range is not accepted: ${refused.join("; ")}`;
  return { ...identity(member), code: "RangeNotAccepted", message, isVital: true };
}

/** What is in the way of a range, and what to do. */
export function describeRefusal({ range, reason, by }: Refusal): string {
  const other = by === undefined ? "" : `${by.cidr} of PodNetwork/${by.network}`;
  const words = {
    OverlapsWith: `${range.cidr} overlaps ${other}; change spec.ranges of one of the two`,
    RangeInUse: `${range.cidr} waits for ${other}, which is still in use; it follows by itself`,
    LedgerFull: `${range.cidr} does not fit into the ledger, which holds ${mostLedgerEntries} ranges; remove ranges that nobody needs`,
    Accepting: `${range.cidr} is about to be accepted`,
  };
  return words[reason];
}

/** The subnet that is set aside for a node belongs to somebody else. */
export function staticFailure(member: Member, prefix: Prefix, isVital: boolean): AllocationFailure {
  const message = `${renderPrefix(prefix)}, set aside for Node ${member.node.name} in spec.staticSubnets, is in use, reserved, or has a node's address in it; free it or name another one`;
  return { ...identity(member), code: "StaticSubnetTaken", message, isVital };
}

/** The same failure of a node that has nothing yet, which so does not get these families either, although they have room. */
export function withOthers(failure: AllocationFailure, families: readonly Family[]): AllocationFailure {
  if (families.length === 0 || !failure.isVital) return failure;
  const names = families.map(familyName).join(" or ");
  const either = `no ${names} subnet is given either, though there is room, since a new node gets one of every family or none`;
  return { ...failure, message: `${failure.message}; ${either}` };
}

/** Nothing new is given after a loss until the agents have reported. */
export function recoveryFailure(member: Member): AllocationFailure {
  const message = "nothing new is given until the agents have reported what they have; see RangeLedger/cluster spec.recovery";
  return { ...identity(member), code: "Recovering", message, isVital: member.missing.length > 0 };
}

/** Why nothing is given from a network that keeps away from Services while it is not known where they are. */
export const servicesUnseen =
  "nothing new is given while the ServiceCIDRs cannot be read, as spec.overlapPolicy.services is Reserve; the operator's log says why: look at its ClusterRole podnet-operator and at the API server; it goes on by itself";

/** Nothing new is given while what the network keeps away from is not known. */
export function servicesFailure(member: Member): AllocationFailure {
  return { ...identity(member), code: "ServicesUnseen", message: servicesUnseen, isVital: member.missing.length > 0 };
}

function identity(member: Member): Pick<AllocationFailure, "node" | "networkUID"> {
  return { node: member.node.name, networkUID: member.network.uid };
}
