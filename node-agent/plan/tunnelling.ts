import type { NodeSubnetSpec } from "../../crds/types.ts";

/** How a node takes packets through tunnels. */
export interface Tunnelling {
  /** `OtherSubnets`: from nodes that are not on the same link. `AllPeers`: from all others. */
  readonly to: "OtherSubnets" | "AllPeers";
  /** The UDP port that it takes them on. */
  readonly port: number;
}

/** Undefined: direct routes alone. So is a mode that a later version of podnet knows, until this agent is of that, too; and what no schema would have let in. */
export function parseTunnelling(routing: NodeSubnetSpec["routing"]): Tunnelling | undefined {
  return routing?.mode === "VXLAN" ? checkedTunnelling(routing.tunnelTo, routing.port) : undefined;
}

/** What these two say, if they say it. */
export function checkedTunnelling(to: unknown, port: unknown): Tunnelling | undefined {
  const isPort = typeof port === "number" && Number.isInteger(port) && port > 0 && port < 65_536;
  return isPort && (to === "OtherSubnets" || to === "AllPeers") ? { to, port } : undefined;
}

/** What two nodes do between them, the same seen from either: what the one that asks for more asks for. */
export function pairTunnel(a: Tunnelling | undefined, b: Tunnelling | undefined): Tunnelling["to"] | undefined {
  if (a?.to === "AllPeers" || b?.to === "AllPeers") return "AllPeers";
  return a?.to ?? b?.to;
}
