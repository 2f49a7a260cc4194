import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Exec } from "../lib/linux/exec.ts";
import { hasBridgeNetfilter } from "../lib/linux/facts.ts";
import { observeNextHops } from "../lib/linux/next-hop.ts";
import { observeUplinks } from "../lib/linux/uplink.ts";
import { renderAddress } from "../lib/net/address.ts";
import type { Claim } from "./plan/claim.ts";
import type { NodeFacts } from "./plan/node-facts.ts";
import type { OwnNetwork } from "./plan/own-network.ts";
import { nextHopsOf } from "./plan/routes.ts";

/** Where facts are read. */
export interface FactPlace {
  readonly exec: Exec;
  /** e.g. `"/proc/sys"` */
  readonly procSys: string;
}

/**
 * What the plan needs to know of this machine, read anew each time.
 * @throws {CommandError} when a tool cannot be run, {UnexpectedOutput} when its output cannot be read.
 */
export async function gatherFacts(place: FactPlace, node: string, own: OwnNetwork, claims: readonly Claim[]): Promise<NodeFacts> {
  const [uplinks, nextHops, bridgeNetfilter] = await Promise.all([
    observeUplinks(place.exec, own.addresses.map(renderAddress)),
    observeNextHops(place.exec, nextHopsOf(node, claims)),
    hasBridgeNetfilter(place.procSys),
  ]);
  const devices = [...new Set(uplinks.map((uplink) => uplink.device))];
  const accepting = await Promise.all(devices.map((device) => acceptsRa(place.procSys, device)));
  return { uplinks, nextHops, bridgeNetfilter, acceptingRa: devices.filter((_, index) => accepting[index]) };
}

/** Whether the kernel itself listens to router advertisements there, and would stop as soon as it forwards; false where it has no IPv6. */
async function acceptsRa(procSys: string, device: string): Promise<boolean> {
  const read = (name: string) => readFile(join(procSys, "net/ipv6/conf", device, name), "utf8").catch(() => "");
  const [acceptRa, forwarding] = await Promise.all([read("accept_ra"), read("forwarding")]);
  return acceptRa.trim() === "1" && forwarding.trim() === "0";
}
