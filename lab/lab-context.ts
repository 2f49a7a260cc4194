import type { Instance } from "./instance.ts";

/** Says what is being done now, in a few words; whoever started the lab decides how it is shown. */
export type Progress = (message: string) => void;

/** What the parts of a running lab are given by it. */
export interface LabContext {
  readonly instance: Instance;
  /** Where this lab keeps its files; removed by its teardown. Logs are in `logs`, each host's own folder in `hosts/<name>`. */
  readonly directory: string;
  /**
   * Known to whoever cleans up after a killed lab: every mount below it is undone, and every process of a mount namespace
   * that is bind-mounted onto a file below it is ended.
   */
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
