import type { NextHop } from "../../lib/linux/next-hop.ts";
import type { Uplink } from "../../lib/linux/uplink.ts";

/** What the plan needs to know of the machine it runs on. */
export interface NodeFacts {
  /** The interfaces that carry the node's own addresses. */
  readonly uplinks: readonly Uplink[];
  /** Address of another node, canonical text → how this node reaches it. */
  readonly nextHops: ReadonlyMap<string, NextHop>;
  /** Whether the kernel has br_netfilter, so that `net/bridge/*` exists. */
  readonly bridgeNetfilter: boolean;
  /** Uplink devices that listen to router advertisements, and are to go on when the node forwards (`accept_ra` 2). */
  readonly acceptingRa: readonly string[];
}
