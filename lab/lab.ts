import type { ControlPlane } from "./control-plane/start-control-plane.ts";
import type { CommandResult, Host } from "./host.ts";
import type { Identity, ServiceAccount } from "./identity.ts";
import type { Instance } from "./instance.ts";
import type { RunningNode } from "./node/start-nodes.ts";
import type { RunOptions } from "./run-command.ts";
import type { TearDownOptions } from "./tear-down.ts";

/** A lab that is up. */
export interface Lab {
  readonly instance: Instance;
  readonly directory: string;
  /** Holds `<host>-<process>.log` of every process. */
  readonly logsDirectory: string;
  readonly hosts: readonly Host[];
  /** e.g. `"node-1"`, `"control-plane"`, `"router"`, `"outside"`. Throws where there is none of that name. */
  readonly host: (name: string) => Host;
  /** Those of `hosts` that are nodes. */
  readonly nodes: readonly Host[];
  /** A node's containerd, kubelet and kube-proxy, and its reboot. Throws below level "everything". */
  readonly kubernetesNode: (name: string) => RunningNode;
  /** Throws at level "hosts". */
  readonly controlPlane: ControlPlane;
  /** An administrator's, for use outside the lab: `kubectl --kubeconfig <this>` from any shell. Throws at level "hosts". */
  readonly kubeconfig: string;
  /** Runs kubectl as an administrator; never throws for a non-zero exit; ends after a minute unless told otherwise. */
  readonly kubectl: (args: readonly string[], options?: RunOptions) => Promise<CommandResult>;
  /** A token and kubeconfigs with which a process is this ServiceAccount, as its pod would be. */
  readonly identity: (account: ServiceAccount) => Promise<Identity>;
  /** Program name, e.g. `"bridge"` → its path. */
  readonly binary: (name: string) => string;
  /** Lets the lab live on after this process; `npm run lab -- down --name …` ends it. */
  readonly keep: () => Promise<void>;
  /** Ends the lab and removes everything of it. May be called twice. */
  readonly stop: (options?: TearDownOptions) => Promise<void>;
}
