import type { Progress } from "../tools/progress.ts";
import type { Instance } from "./instance.ts";

/**
 * What the parts of a running lab are given by it.
 *
 * Teardown, also after a kill, ends every process that is in the network namespace of one of the lab's hosts or in the control
 * group `podnet-<instance>`, with all its descendants; then undoes every mount below `directory` and `registryDirectory`, and removes
 * both folders, the control group and the network namespaces. Whatever lives elsewhere is its maker's to remove.
 */
export interface LabContext {
  readonly instance: Instance;
  /** Where this lab keeps its files; removed by its teardown. Logs are in `logs`, each host's own folder in `hosts/<name>`. */
  readonly directory: string;
  /** e.g. `"/run/podnet-lab/demo"`: what the next start or `lab down` knows of a killed lab. */
  readonly registryDirectory: string;
  /** Program name, e.g. `"kubelet"` → its path. */
  readonly binary: (name: string) => string;
  readonly progress: Progress;
}

/** The API server as processes inside the lab's hosts see it. */
export interface ApiServerAccess {
  /** e.g. `"https://192.168.1.10:6443"`. */
  readonly url: string;
  readonly caFile: string;
  /** Writes a kubeconfig with a new client certificate of this user and returns its path; it works inside the lab only. */
  clientKubeconfig(user: string, groups: readonly string[]): Promise<string>;
}
