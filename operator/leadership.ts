import type { Log } from "../lib/daemon/log.ts";
import type { Lease } from "../lib/kube/builtin.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import { createElector, type LeaseTiming } from "../lib/kube/elector.ts";
import { leaseStore } from "../lib/kube/lease.ts";
import type { Stored } from "../lib/kube/resource.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import type { OperatorSettings } from "./settings.ts";

export interface LeadershipOptions {
  readonly settings: OperatorSettings;
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Milliseconds since 1970, for the times in the Lease. */
  readonly wallClock: () => number;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  /** Of this process alone. */
  readonly identity: string;
  readonly log: Log;
  /** Whether everything is known that a pass needs. */
  readonly isFit: () => boolean;
  readonly onLead: (lease: Stored<Lease>, because: string) => void;
}

/** Which of several operators does the work. Two that do are harmless: this only saves work. */
export interface Leadership {
  leads(): boolean;
  /** Stands for election until the signal fires, then lets the next one lead; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

/** The Lease that operators agree by. */
const leaseName = "podnet-operator";

/** Leadership by Lease, or at once where the settings say so. */
export function createLeadership({ settings, client, log, onLead, ...shared }: LeadershipOptions): Leadership {
  if (!settings.leaderElection) return { leads: () => true, run: () => Promise.resolve() };
  let troubled = false;
  return createElector({
    ...shared,
    store: leaseStore(client, { namespace: settings.namespace, name: leaseName }),
    timing: leaseTiming(settings.leaseSeconds),
    onChange({ leads, because, lease }) {
      troubled = false;
      if (!leads) log.warn("this operator leads no more and stands by", { because });
      else log.info("this operator leads", { because });
      if (leads && lease !== undefined) onLead(lease, because);
    },
    onProblem(error) {
      log[troubled ? "debug" : "warn"]("the Lease could not be read or written, trying again", { err: error });
      troubled = true;
    },
  });
}

/** 15 s give 10 s to renew in and a try each 2 s at most, as with other controllers. */
function leaseTiming(seconds: number): LeaseTiming {
  const leaseMs = seconds * 1_000;
  return { leaseMs, renewWithinMs: leaseMs * (2 / 3), retryMs: leaseMs * (2 / 15) };
}
