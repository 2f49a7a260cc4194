import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Exec } from "../lib/linux/exec.ts";
import { hasBridgeNetfilter } from "../lib/linux/facts.ts";
import { hasLearnedRoutes } from "../lib/linux/learned-routes.ts";
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
  const accepting = await Promise.all(devices.map((device) => acceptsRa(place, device)));
  return { uplinks, nextHops, bridgeNetfilter, acceptingRa: devices.filter((_, index) => accepting[index]) };
}

/**
 * Whether the kernel itself listens to router advertisements there, or did until somebody ended that unawares; false where it has no IPv6. With 1 it stops as soon as it forwards. Routes
 * learned there while it forwards tell that it was told to go on (2), by us or by whoever runs the node, for the kernel forgets them else: back at 1 they end with their lifetime. 0 says that nobody wants it.
 */
async function acceptsRa({ exec, procSys }: FactPlace, device: string): Promise<boolean> {
  const read = async (name: string) => {
    const text = await readFile(join(procSys, "net/ipv6/conf", device, name), "utf8").catch(() => "");
    return text.trim();
  };
  const [acceptRa, forwarding] = await Promise.all([read("accept_ra"), read("forwarding")]);
  if (acceptRa !== "1") return acceptRa === "2";
  return forwarding === "0" || hasLearnedRoutes(exec, device);
}
