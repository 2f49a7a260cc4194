import { type EventReason, eventReasons } from "../crds/event-reasons.ts";
import { group } from "../crds/names.ts";
import { printable } from "../lib/text/printable.ts";
import type { Log } from "../lib/daemon/log.ts";
import { type Lease, leases, type ObjectReference } from "../lib/kube/builtin.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import { eventStore } from "../lib/kube/event.ts";
import { createEventWriter } from "../lib/kube/event-writer.ts";
import { apiVersionOf, type Stored } from "../lib/kube/resource.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { createBeginnings } from "./beginnings.ts";
import type { DriftWord } from "./plan/drift.ts";
import { driftEvents, type DriftTold } from "./plan/drift-events.ts";
import { eventsOf, type PlannedEvent } from "./plan/events.ts";
import type { OperatorMetrics } from "./metrics.ts";
import type { PassResult } from "./pass.ts";

export interface EventsOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** In [0, 1), for names. */
  readonly random: () => number;
  /** Of this process alone. */
  readonly identity: string;
  readonly log: Log;
  readonly metrics: OperatorMetrics;
}

/** Tells people in Events what happens. Nobody waits for that, and its failures stop nothing. */
export interface Events {
  /** What a pass wrote and found; what stood before already is not told again. */
  note(result: Pick<PassResult, "report" | "standing" | "drift">): void;
  /** That this process leads. */
  leads(lease: Stored<Lease>, because: string): void;
  /** Writes until the signal fires. */
  run(signal: AbortSignal): Promise<void>;
}

/** Events by this process. */
export function createEvents({ client, log, metrics, identity, ...shared }: EventsOptions): Events {
  const told = metrics.counter("podnet_operator_events_total");
  const writer = createEventWriter({
    ...shared,
    store: eventStore(client),
    reporter: { controller: `${group}/operator`, instance: identity },
    onOutcome(outcome, { reason, regarding }, error) {
      told.add({ reason, outcome });
      if (outcome === "failed") log.debug("an Event was not written", { kind: regarding.kind, key: regarding.name, err: error });
    },
  });
  const tell = (regarding: ObjectReference, reason: EventReason, note: string) =>
    writer.tell({ regarding, reason, type: eventReasons[reason].type, note: printable(note) });
  const begun = createBeginnings();
  const repaired = createRepairs(shared.clock);
  return {
    note({ report, standing, drift }) {
      const happened = [...eventsOf(report.written), ...begun(standing), ...repaired(drift)];
      for (const { regarding, reason, note } of happened) tell(regarding, reason, note);
    },
    leads({ metadata: { name, namespace = "", uid } }, because) {
      const regarding = { apiVersion: apiVersionOf(leases), kind: leases.kind, name, namespace, uid };
      tell(regarding, "LeaderChanged", `${identity} leads from now on: ${because}`);
    },
    run: (signal) => writer.run(signal),
  };
}

/** Gives what was put right since it was told last. */
function createRepairs(clock: Clock): (words: readonly DriftWord[]) => PlannedEvent[] {
  let known: DriftTold = new Map();
  return (words) => {
    const { events, told } = driftEvents(known, words, clock.now());
    known = told;
    return events;
  };
}
