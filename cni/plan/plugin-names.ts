/** The reference plugins that our configuration uses, and the only ones we install: every name that may stand in a `type` of ours. */
export const pluginNames = ["bridge", "host-local", "loopback", "portmap", "bandwidth"] as const;

/** One of the reference plugins we use; also its file name in `/opt/cni/bin`. */
export type PluginName = (typeof pluginNames)[number];

/** The plugins that must stand in `/opt/cni/bin` before a configuration may name them; `loopback` is called by the runtime itself. */
export function pluginsFor({ portMap, bandwidth }: { readonly portMap: boolean; readonly bandwidth: boolean }): PluginName[] {
  return pluginNames.filter((name) => (name !== "portmap" || portMap) && (name !== "bandwidth" || bandwidth));
}
