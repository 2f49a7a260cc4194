import type { Host, LabProcess, StartOptions } from "../host.ts";
import { identify, isAlive, type ProcessIdentity } from "../process-table.ts";

/** A process of a node that tests break and mend. */
export interface Service {
  /** The process started last, running or not. */
  readonly process: LabProcess | undefined;
  /** Resolves once it works. Where it runs already, nothing happens. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
}

export interface ServiceSpec {
  readonly name: string;
  readonly argv: readonly string[];
  readonly options?: StartOptions;
  /** Resolves once the started process works; throws where it never will. */
  readonly ready: (process: LabProcess) => Promise<void>;
}

/** A service of this host, not started yet. */
export function createService(host: Host, spec: ServiceSpec): Service {
  let last: { readonly process: LabProcess; readonly identity: ProcessIdentity | undefined } | undefined;
  return {
    get process() {
      return last?.process;
    },
    start: async () => {
      if (last?.identity !== undefined && isAlive(last.identity)) return;
      const process = host.start(spec.name, spec.argv, spec.options);
      last = { process, identity: identify(process.pid) };
      await spec.ready(process);
    },
    stop: async () => last?.process.stop(),
    kill: async () => last?.process.kill(),
  };
}
