import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Pinned } from "./pinned.ts";
import type { Progress } from "./progress.ts";
import { versionFlaw } from "./version.ts";

/** The programs such a folder can bring. */
const ASSETS = ["kube-apiserver", "etcd", "kubectl"];

/**
 * Program → path, for those of a family's programs that the folder `KUBEBUILDER_ASSETS` holds in the pinned version.
 * Another version is said and not used.
 */
export async function assetsOf(pinned: Pinned, folder: string | undefined, progress: Progress): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  if (folder === undefined || folder === "") return found;
  for (const program of pinned.recipe.programs.filter((name) => ASSETS.includes(name))) {
    const file = join(resolve(folder), program);
    if (!existsSync(file)) continue;
    const flaw = await versionFlaw(file, program, pinned);
    if (flaw === undefined) found.set(program, file);
    else progress.say(`KUBEBUILDER_ASSETS: ${file} is not used, since it ${flaw}.`);
  }
  return found;
}
