import type { FdbItem } from "../../lib/linux/kinds/fdb.ts";
import type { NeighborItem } from "../../lib/linux/kinds/neighbor.ts";
import type { Family } from "../../lib/net/address.ts";
import type { NodeState } from "../../lib/linux/node-state.ts";
import { bridgeAddresses, bridgeLink } from "./bridge.ts";
import type { Claim } from "./claim.ts";
import { podMtu } from "./mtu.ts";
import { neighborsAsked } from "./neighbor-room.ts";
import type { NodeFacts } from "./node-facts.ts";
import type { OwnNetwork } from "./own-network.ts";
import type { Problem } from "./problem.ts";
import { type PeerClaim, pathsOf, peerClaims } from "./routes.ts";
import { nodeSysctls } from "./sysctls.ts";
import { nodeTables } from "./tables.ts";
import type { TunnelMoment } from "./tunnel-use.ts";
import { tunnelAddresses, tunnelLinks } from "./vxlan.ts";

/** All of a node but its files, which depend on how programming this went. */
export type KernelState = Omit<NodeState, "files">;

/** What a node shall be. */
export interface NodePlan {
  readonly kernel: KernelState;
  /** Of the bridge and of pods, in bytes. */
  readonly mtu: number;
  readonly peers: readonly PeerClaim[];
  /** Of other nodes, on this node's links. */
  readonly neighborsAsked: Readonly<Record<Family, number>>;
}

/**
 * The whole wanted state of a node, or the problem that keeps it from being planned. Depends on the order of neither claims nor addresses.
 * Without a `moment` the claims alone decide about tunnels.
 */
export function planNode(
  node: string,
  own: OwnNetwork,
  claims: readonly Claim[],
  facts: NodeFacts,
  moment?: TunnelMoment,
): NodePlan | Problem {
  const peers = peerClaims(node, own, claims, facts, moment?.isFresh);
  const paths = pathsOf(peers);
  const mtu = podMtu(own, facts, paths);
  if (typeof mtu !== "number") return mtu;
  const ends = paths.filter((path) => "entry" in path);
  const tunnels = tunnelLinks(node, own, claims, { facts, ways: ends, lingering: moment?.lingering });
  return {
    kernel: {
      links: [bridgeLink(node, own, mtu), ...tunnels],
      ports: { bridge: own.bridge, hairpin: own.hairpin },
      sysctls: nodeSysctls(own, facts, tunnels),
      addresses: [...bridgeAddresses(own), ...tunnelAddresses(own, tunnels)],
      neighbors: onePerKey(
        ends.map(({ neighbor }) => neighbor),
        ({ device, address }: NeighborItem) => `${device} ${address}`,
      ),
      fdb: onePerKey(
        ends.map(({ entry }) => entry),
        ({ device, mac }: FdbItem) => `${device} ${mac}`,
      ),
      routes: paths.map(({ route }) => route),
      tables: nodeTables(own, claims, tunnels),
    },
    mtu,
    peers,
    neighborsAsked: neighborsAsked(paths, facts),
  };
}

/** A node that has no subnet any more, and so no pods: nothing of ours stays. Settings under `/proc/sys` do, since others may have come to need them. */
export const leftNode: Omit<KernelState, "sysctls" | "ports"> = {
  links: [],
  addresses: [],
  neighbors: [],
  fdb: [],
  routes: [],
  tables: [],
};

/** A node with several claims stands at the end of each of their ways. */
function onePerKey<Item>(items: readonly Item[], key: (item: Item) => string): Item[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
