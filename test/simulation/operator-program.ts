import type { KubeClient } from "../../lib/kube/client.ts";
import { createElector, type Elector, type ElectorOptions } from "../../lib/kube/elector.ts";
import { isKubeError } from "../../lib/kube/errors.ts";
import { leaseStore } from "../../lib/kube/lease.ts";
import { startLoop } from "../../lib/reconcile/loop.ts";
import { createCluster } from "../../operator/cluster.ts";
import { createPass, type PassResult, type PassTiming } from "../../operator/pass.ts";
import type { Readings } from "../../operator/readings.ts";
import type { Program } from "./process.ts";

export interface OperatorProgramOptions {
  /** Told what each pass came to. */
  readonly onPass?: (result: PassResult) => void;
  /** Default 60,000. */
  readonly resyncMs?: number;
  readonly timing: PassTiming;
  /** Whether one leads and the others stand by, as they are shipped. */
  readonly isElected?: boolean;
  /** Operators may share what they read of the same objects. */
  readonly readings?: Readings;
}

/** As in operator/main.ts. */
const minIntervalMs = 200;
/** Here a handful of nodes is a crowd. */
const manyClaims = 2;

/**
 * The operator as operator/main.ts runs it, without metrics, health, log and Events. Without election any number of them at once must do no harm.
 * A failure of a pass that is none of the API server's ends the run.
 */
export function operatorProgram({
  onPass,
  resyncMs = 60_000,
  timing,
  isElected = false,
  readings,
}: OperatorProgramOptions): Program {
  return async ({ name, client, clock, wallClock, random, signal }) => {
    const { promise: bug, reject } = Promise.withResolvers<never>();
    const onFailure = ({ error }: { readonly error: unknown }) => {
      if (!isKubeError(error)) reject(error);
    };
    let trigger: (because: string) => void = () => undefined;
    const shared = { client, clock, wallClock, random };
    const cluster = createCluster({
      ...shared,
      ...(readings !== undefined && { readings }),
      onChange: (because) => trigger(because),
      onProblem: (_kind, problem) => onFailure(problem),
    });
    const isKnown = () => Object.values(cluster.synced()).every(Boolean);
    const elector = electorOf({ ...shared, identity: name, isFit: isKnown, onProblem: (error) => onFailure({ error }) }, () =>
      trigger("this operator leads"),
    );
    let made = 0;
    const newIncarnation = () => `${name}-${++made}`;
    const pass = createPass({ ...shared, cluster, newIncarnation, timing, manyClaims });
    const loop = startLoop({
      clock,
      random,
      signal,
      minIntervalMs,
      resyncMs,
      run: async () => {
        if (!isKnown()) return { againAfterMs: minIntervalMs };
        if (isElected && !elector.leads()) return undefined;
        const result = await pass();
        onPass?.(result);
        return result.next;
      },
      onFailure,
    });
    trigger = (because) => loop.trigger(because);
    const electing = isElected ? elector.run(signal) : Promise.resolve();
    await Promise.race([bug, Promise.all([cluster.run(signal), loop.stopped, electing])]);
  };
}

type Standing = Pick<ElectorOptions, "clock" | "wallClock" | "random" | "identity" | "isFit" | "onProblem">;

function electorOf({ client, ...standing }: Standing & { readonly client: KubeClient }, onLead: () => void): Elector {
  return createElector({
    ...standing,
    store: leaseStore(client, { namespace: "kube-system", name: "podnet-operator" }),
    timing: { leaseMs: 15_000, renewWithinMs: 10_000, retryMs: 2_000 },
    onChange: ({ leads }) => leads && onLead(),
  });
}
