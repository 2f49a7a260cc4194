import { isKubeError } from "../../lib/kube/errors.ts";
import { startLoop } from "../../lib/reconcile/loop.ts";
import { createCluster } from "../../operator/cluster.ts";
import { createPass, type PassResult } from "../../operator/pass.ts";
import type { Program } from "./process.ts";

export interface OperatorProgramOptions {
  /** Told what each pass came to. */
  readonly onPass?: (result: PassResult) => void;
  /** Default 60,000. */
  readonly resyncMs?: number;
}

/** As in operator/main.ts. */
const minIntervalMs = 200;

/**
 * The operator as operator/main.ts runs it, without metrics, health, log and leader election: any number of them at once must do no harm.
 * A failure of a pass that is none of the API server's ends the run.
 */
export function operatorProgram({ onPass, resyncMs = 60_000 }: OperatorProgramOptions = {}): Program {
  return async ({ client, clock, wallClock, random, signal }) => {
    const { promise: bug, reject } = Promise.withResolvers<never>();
    let trigger: (because: string) => void = () => undefined;
    const cluster = createCluster({
      client,
      clock,
      random,
      onChange: (because) => trigger(because),
      onProblem: (_kind, { error }) => {
        if (!isKubeError(error)) reject(error);
      },
    });
    const pass = createPass({ cluster, clock, wallClock, random });
    const loop = startLoop({
      clock,
      random,
      signal,
      minIntervalMs,
      resyncMs,
      run: async () => {
        if (!Object.values(cluster.synced()).every(Boolean)) return { againAfterMs: minIntervalMs };
        const result = await pass();
        onPass?.(result);
        return result.next;
      },
      onFailure: ({ error }) => {
        if (!isKubeError(error)) reject(error);
      },
    });
    trigger = (because) => loop.trigger(because);
    await Promise.race([bug, Promise.all([cluster.run(signal), loop.stopped])]);
  };
}
