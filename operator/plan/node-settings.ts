import type { NodeNetworkRouting, NodeNetworkSpec, PodNetworkRouting } from "../../crds/types.ts";
import type { Belonging } from "./membership.ts";
import type { Network } from "./snapshot.ts";

/** The part of a NodeNetwork's spec that reaches nodes a few at a time, since a mistake in it breaks pods. */
export type NodeSettings = Pick<NodeNetworkSpec, "mtu" | "masquerade" | "cni" | "routing">;

/** What a network wants on its nodes. */
export function settingsOf({ object }: Network): NodeSettings {
  const { mtu, masquerade, routing } = object.spec;
  const { bandwidth, ...cni } = object.spec.cni;
  const { enabled, exclude = [] } = masquerade;
  const tunnel = tunnelOf(routing);
  return {
    mtu: { mode: mtu.mode, ...(mtu.value !== undefined && { value: mtu.value }) },
    masquerade: { enabled, ...(exclude.length > 0 && { exclude: [...exclude] }) },
    cni: { ...cni, ...(bandwidth && { bandwidth }) },
    ...(tunnel !== undefined && { routing: tunnel }),
  };
}

/** What a node of the network shall go by now: a node whose turn it is not goes on with what it was told so far. */
export function settingsFor({ record, network, isOnTurn }: Belonging & { readonly isOnTurn: boolean }): NodeSettings {
  return record === undefined || isOnTurn ? settingsOf(network) : keptSettings(record.object.spec);
}

/** Undefined: direct routes alone. */
function tunnelOf({ mode, tunnelTo, vxlan }: PodNetworkRouting): NodeNetworkRouting | undefined {
  return mode === "Direct" ? undefined : { mode, tunnelTo, port: vxlan.port };
}

function keptSettings({ mtu, masquerade, cni, routing }: NodeSettings): NodeSettings {
  return { mtu, masquerade, cni, ...(routing !== undefined && { routing }) };
}

/** Each setting as text, by its field. */
export function describeSettings({ mtu, masquerade, cni, routing }: NodeSettings): [string, string][] {
  return [
    ["mtu", mtu.mode === "Fixed" ? `Fixed ${mtu.value}` : mtu.mode],
    ["masquerade", [masquerade.enabled ? "enabled" : "disabled", ...(masquerade.exclude ?? [])].join(", but not to ")],
    [
      "cni",
      `${cni.confName}, bridge ${cni.bridge}, hairpin ${cni.hairpin}, portMap ${cni.portMap}${cni.bandwidth === true ? ", bandwidth" : ""}`,
    ],
    ["routing", describeRouting(routing)],
  ];
}

/** e.g. `"Direct"`, `"VXLAN to OtherSubnets, port 4789"` */
export function describeRouting(routing: NodeNetworkRouting | undefined): string {
  return routing === undefined ? "Direct" : `${routing.mode} to ${routing.tunnelTo}, port ${routing.port}`;
}

/** Whether two settings are the same. */
export function sameSettings(a: NodeSettings, b: NodeSettings): boolean {
  const other = new Map(describeSettings(b));
  return describeSettings(a).every(([field, text]) => other.get(field) === text);
}
