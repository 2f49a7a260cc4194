import { bridgeAddresses, bridgeLink } from "./bridge.ts";
import type { Claim } from "./claim.ts";
import type { KernelState } from "./node-state.ts";
import type { OwnNetwork } from "./own-network.ts";
import { bridgeSysctls } from "./sysctls.ts";
import { nodeTables } from "./tables.ts";
import { type TunnelPorts, tunnelPorts } from "./vxlan.ts";

/**
 * What a node is to keep while its uplink is not known, so that its pods lose neither their gateway nor their rules: the parts about which neither the uplink nor the way to other nodes decides.
 * Where any node asks for tunnels, or did a moment ago (`lingering`), links and tables are left as they stand, since tunnels need the uplink and would go.
 * `mtu`: that pods get, in bytes; undefined: the node was never programmed in full, and nothing is to be kept.
 */
export function groundOf(
  node: string,
  own: OwnNetwork,
  claims: readonly Claim[],
  mtu: number | undefined,
  lingering?: TunnelPorts,
): Partial<KernelState> {
  if (mtu === undefined) return {};
  const bridge = { sysctls: bridgeSysctls(own), addresses: bridgeAddresses(own) };
  if ((tunnelPorts(own, claims) ?? lingering) !== undefined) return bridge;
  const ports = { bridge: own.bridge, hairpin: own.hairpin };
  return { ...bridge, links: [bridgeLink(node, own, mtu)], ports, tables: nodeTables(own, claims, []) };
}
