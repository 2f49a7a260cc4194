import type { NodeState } from "../../lib/linux/node-state.ts";
import { podMtu } from "../../lib/net/mtu.ts";
import { bridgeAddresses, bridgeLink } from "./bridge.ts";
import type { Claim } from "./claim.ts";
import { masqueradeTables } from "./masquerade.ts";
import type { NodeFacts } from "./node-facts.ts";
import type { OwnNetwork } from "./own-network.ts";
import type { Problem } from "./problem.ts";
import { type PeerClaim, peerClaims, routesOf } from "./routes.ts";
import { nodeSysctls } from "./sysctls.ts";

/** All of a node but its files, which depend on how programming this went. */
export type KernelState = Omit<NodeState, "files">;

/** What a node shall be. */
export interface NodePlan {
  readonly kernel: KernelState;
  /** Of the bridge and of pods, in bytes. */
  readonly mtu: number;
  readonly peers: readonly PeerClaim[];
}

/** IPv6 does not work over less (RFC 8200, 5). */
const leastIpv6Mtu = 1280;

/** The whole wanted state of a node, or the problem that keeps it from being planned. Depends on the order of neither claims nor addresses. */
export function planNode(node: string, own: OwnNetwork, claims: readonly Claim[], facts: NodeFacts): NodePlan | Problem {
  const mtu = mtuOf(own, facts);
  if (typeof mtu !== "number") return mtu;
  const peers = peerClaims(node, own, claims, facts);
  return {
    kernel: {
      links: [bridgeLink(node, own, mtu)],
      sysctls: nodeSysctls(own, facts),
      addresses: bridgeAddresses(own),
      routes: routesOf(peers),
      tables: masqueradeTables(own, claims),
    },
    mtu,
    peers,
  };
}

/** A node that has no subnet any more: nothing of ours stays. Settings under `/proc/sys` do, since others may have come to need them. */
export const leftNode: Omit<KernelState, "sysctls"> = { links: [], addresses: [], routes: [], tables: [] };

function mtuOf(own: OwnNetwork, { uplinks }: NodeFacts): number | Problem {
  const mtu = own.fixedMtu ?? podMtu(Math.min(...uplinks.map((uplink) => uplink.mtu)), "Direct");
  if (!Number.isFinite(mtu)) {
    return {
      path: "spec.nodeAddresses",
      code: "NoUplink",
      message:
        "no interface carries an InternalIP of this node, so the MTU is unknown; correct the addresses of the Node, or set mtu {mode: Fixed} in the PodNetwork",
    };
  }
  if (mtu < leastIpv6Mtu && own.subnets.some((subnet) => subnet.family === 6)) {
    return {
      path: "spec.mtu",
      code: "MtuTooSmall",
      message: `an MTU of ${mtu} does not carry IPv6, which needs ${leastIpv6Mtu}; raise it`,
    };
  }
  return mtu;
}
