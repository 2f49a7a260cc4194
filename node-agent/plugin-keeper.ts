import type { PluginName } from "../cni/plan/plugin-names.ts";
import { installPlugins, missingPlugins, type PluginFolders, type PluginReport } from "../cni/plugins.ts";

/** Keeps the plugins in their folder. */
export interface PluginKeeper {
  /** Reads the binaries in full until they can be used; afterwards only looks whether they are there. */
  provide(names: readonly PluginName[]): Promise<readonly PluginReport[]>;
}

/** A keeper that has looked at nothing yet. */
export function pluginKeeper(folders: PluginFolders): PluginKeeper {
  const known = new Map<PluginName, PluginReport>();
  const provide = async (names: readonly PluginName[]): Promise<readonly PluginReport[]> => {
    const missing = await missingPlugins(folders.target, names);
    const due = names.filter((name) => missing.includes(name) || (known.get(name)?.outcome ?? "missing") === "missing");
    if (due.length > 0) for (const report of await installPlugins(folders, due)) known.set(report.name, report);
    return names.map((name) => known.get(name)).filter((report) => report !== undefined);
  };
  return { provide };
}
