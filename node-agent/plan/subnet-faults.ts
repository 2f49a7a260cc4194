import { renderPrefix } from "../../lib/net/prefix.ts";
import type { Fault } from "./faults.ts";
import { type OwnSubnet, standings, type SubnetSight } from "./own-subnets.ts";

/** Why the subnets that a node has are not those of its spec, for each that differs. */
export function subnetFaults(subnets: readonly OwnSubnet[], sight: SubnetSight): Fault[] {
  const standingOf = standings(sight);
  const have = new Map(subnets.map((subnet) => [renderPrefix(subnet.prefix), subnet]));
  const missing = (sight.named ?? []).filter(({ prefix }) => !have.has(renderPrefix(prefix)));
  return [
    ...missing.map(({ prefix }) => missingFault(renderPrefix(prefix), standingOf(prefix))),
    ...[...have]
      .map(([cidr, subnet]) => keptFault(cidr, subnet, sight.leases(subnet.prefix)))
      .filter((fault) => fault !== undefined),
  ];
}

function missingFault(cidr: string, standing: string): Fault {
  if (standing === "Pending") {
    return {
      reason: "SubnetPending",
      message: `${cidr} is not used before its NodeSubnet is Active; that is a matter of seconds`,
    };
  }
  if (standing === "Taken") {
    return {
      reason: "SubnetTaken",
      message: `${cidr} is not used, since a NodeSubnet of another owner or size overlaps it; the operator gives this node another one`,
    };
  }
  return { reason: "SubnetReleased", message: `${cidr} is not used any more, since its NodeSubnet was Held and is gone` };
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
