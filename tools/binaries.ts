import type { Family, Program } from "./family.ts";
import type { Progress } from "./progress.ts";

/**
 * Program name → absolute path, for every program of the families F, e.g. `binaries["kube-apiserver"]`.
 * The folder of a CNI plugin holds all five plugins and nothing else.
 */
export type BinaryPaths<F extends Family = Family> = Readonly<Record<Program<F>, string>>;

/**
 * Makes sure the pinned programs of these families are in the cache, and gives their paths.
 * Throws a Problem, whose message is a sentence for a person, when that cannot be done.
 */
export async function provideBinaries<const F extends Family>(
  families: readonly F[],
  progress: Progress,
): Promise<BinaryPaths<F>> {
  throw new Error(`not written yet: ${families.join(" ")} ${typeof progress}`);
}
