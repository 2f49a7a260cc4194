import { renderPrefix } from "../../lib/net/prefix.ts";
import type { Fault } from "./faults.ts";
import { type OwnSubnet, standings, type SubnetSight } from "./own-subnets.ts";
import type { ClaimStanding } from "./subnet-state.ts";

/** Why the subnets that a node has are not those of its spec, for each that differs. */
export function subnetFaults(subnets: readonly OwnSubnet[], sight: SubnetSight): Fault[] {
  const standingOf = standings(sight);
  const have = new Map(subnets.map((subnet) => [renderPrefix(subnet.prefix), subnet]));
  const lacking = (sight.named ?? []).filter(({ prefix }) => !have.has(renderPrefix(prefix)));
  return [
    ...lacking.map(({ prefix }) => missingFault(renderPrefix(prefix), standingOf(prefix))),
    ...[...have].map(([cidr, subnet]) => keptFault(cidr, subnet, sight.leases(subnet.prefix))),
  ].filter((fault) => fault !== undefined);
}

/** Why a subnet of the spec is not used, by how it stands in the API. */
const missing: Readonly<Partial<Record<ClaimStanding, { readonly reason: string; readonly because: string }>>> = {
  Pending: { reason: "SubnetPending", because: "its NodeSubnet is not Active yet; that is a matter of seconds" },
  Held: { reason: "SubnetHeld", because: "its NodeSubnet is Held: the Node of this machine was found deleted" },
  Taken: { reason: "SubnetTaken", because: "another NodeSubnet overlaps it; the operator gives this node another one" },
  None: {
    reason: "SubnetUnclaimed",
    because: "there is no NodeSubnet of it; the operator makes it, or gives this node another one",
  },
};

function missingFault(cidr: string, standing: ClaimStanding): Fault | undefined {
  const found = missing[standing];
  return found && { reason: found.reason, message: `${cidr} is not used, since ${found.because}` };
}

function keptFault(cidr: string, { state, stale }: OwnSubnet, leases: number | undefined): Fault | undefined {
  if (stale) return undefined;
  if (state === "Held") {
    return {
      reason: "SubnetHeld",
      message: `${cidr} gives no address to new pods, since its NodeSubnet is Held: the Node of this machine was found deleted`,
    };
  }
  if (state !== "Leaving") return undefined;
  if (leases === 0)
    return { reason: "SubnetClosing", message: `${cidr} goes in a few seconds, when no pod can be getting an address of it` };
  return {
    reason: "SubnetInUse",
    message: `${cidr} is to go but pods have addresses of it, so it stays for them alone; delete these pods to free it`,
  };
}
