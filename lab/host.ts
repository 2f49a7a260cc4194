/** A running child of the lab. */
export interface LabProcess {
  /** e.g. `"kubelet"`; its log is `<instance directory>/logs/<host>-<name>.log`. */
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves with the exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
  /** SIGTERM, then SIGKILL after a grace; resolves when the process is gone. May be called twice. */
  stop(): Promise<void>;
  /** SIGKILL at once, as a crash would. */
  kill(): Promise<void>;
}

/** What came out of a command that ran to its end. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** One machine of the lab: a network namespace and, where it is a node, a mount namespace of its own. */
export interface Host {
  /** e.g. `"node-1"`; also the Kubernetes node name. */
  readonly name: string;
  /** One address per family, without prefix length, e.g. `["192.168.1.11", "fd00:192:168:1::11"]`. */
  readonly addresses: readonly string[];
  /** This host's own folder on the machine's disk; nodes keep etc-cni-net.d, opt-cni-bin, … in it. */
  readonly directory: string;
  /** Begins every command line that is to run inside this host's namespaces, e.g. `["nsenter", "--net=…", "--"]`. */
  readonly enter: readonly string[];
  /** Begins a command line that is to have this host's network alone: files and process numbers stay the machine's. */
  readonly enterNetwork: readonly string[];
  /** Starts a long-lived process inside this host's namespaces. */
  start(name: string, argv: readonly string[], options?: StartOptions): LabProcess;
  /** Runs a command inside this host's namespaces to its end; never throws for a non-zero exit. */
  run(
    argv: readonly string[],
    options?: StartOptions & { readonly stdin?: string; readonly timeoutMs?: number },
  ): Promise<CommandResult>;
}
