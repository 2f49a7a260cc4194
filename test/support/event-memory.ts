import type { Event } from "../../lib/kube/builtin.ts";
import { KubeError } from "../../lib/kube/errors.ts";
import type { EventStore } from "../../lib/kube/event.ts";
import type { Stored } from "../../lib/kube/resource.ts";

/** Events in memory. */
export interface EventMemory extends EventStore {
  /** All of them, in the order in which they were made. */
  all(): Stored<Event>[];
  /** How many writes were asked for. */
  writes(): number;
  /** Whether writes fail from now on. */
  setBroken(broken: boolean): void;
  forget(): void;
}

/** An API server's Events, empty. */
export function createEventMemory(): EventMemory {
  const stored = new Map<string, Stored<Event>>();
  let writes = 0;
  let broken = false;
  const keep = (event: Stored<Event>): Stored<Event> => {
    stored.set(event.metadata.name, structuredClone(event));
    return structuredClone(event);
  };
  const count = () => {
    writes++;
    if (broken) throw new KubeError("no answer", { code: "Unavailable" });
  };
  return {
    async create(event) {
      count();
      const version = { uid: `uid-${writes}`, resourceVersion: String(writes), creationTimestamp: "2026-01-01T00:00:00Z" };
      return keep({ ...event, metadata: { ...event.metadata, ...version } });
    },
    async repeat({ metadata }, series) {
      count();
      const found = stored.get(metadata.name);
      if (found === undefined) throw new KubeError("it is gone", { code: "NotFound" });
      return keep({ ...found, series });
    },
    all: () => [...stored.values()],
    writes: () => writes,
    setBroken: (next) => (broken = next),
    forget: () => stored.clear(),
  };
}
