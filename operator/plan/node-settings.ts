import type { NodeNetworkSpec } from "../../crds/types.ts";
import type { Network } from "./snapshot.ts";

/** The part of a NodeNetwork's spec that reaches nodes a few at a time, since a mistake in it breaks pods. */
export type NodeSettings = Pick<NodeNetworkSpec, "mtu" | "masquerade" | "cni">;

/** What a network wants on its nodes. */
export function settingsOf({ object }: Network): NodeSettings {
  const { mtu, masquerade, cni } = object.spec;
  return {
    mtu: { mode: mtu.mode, ...(mtu.value !== undefined && { value: mtu.value }) },
    masquerade: { enabled: masquerade.enabled },
    cni: { confName: cni.confName, bridge: cni.bridge, hairpin: cni.hairpin, portMap: cni.portMap },
  };
}

/** What a node was told so far. */
export function keptSettings({ mtu, masquerade, cni }: NodeSettings): NodeSettings {
  return { mtu, masquerade, cni };
}

/** Each setting as text, by its field. */
export function describeSettings({ mtu, masquerade, cni }: NodeSettings): [string, string][] {
  return [
    ["mtu", mtu.mode === "Fixed" ? `Fixed ${mtu.value}` : mtu.mode],
    ["masquerade", masquerade.enabled ? "enabled" : "disabled"],
    ["cni", `${cni.confName}, bridge ${cni.bridge}, hairpin ${cni.hairpin}, portMap ${cni.portMap}`],
  ];
}

/** Whether two settings are the same. */
export function sameSettings(a: NodeSettings, b: NodeSettings): boolean {
  const other = new Map(describeSettings(b));
  return describeSettings(a).every(([field, text]) => other.get(field) === text);
}
