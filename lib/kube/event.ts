import { type Event, events, type ObjectReference } from "./builtin.ts";
import type { KubeClient } from "./client.ts";
import { renderMicroTime } from "./micro-time.ts";
import { apiVersionOf, type Stored } from "./resource.ts";

/** Something to tell about an object. */
export interface Happening {
  readonly regarding: ObjectReference;
  /** e.g. `"SubnetAssigned"`; also stands for the action, which nobody looks at. */
  readonly reason: string;
  readonly type: Event["type"];
  readonly note: string;
}

/** Who tells. */
export interface Reporter {
  /** e.g. `"podnet.dev/operator"` */
  readonly controller: string;
  /** Of this process alone. */
  readonly instance: string;
}

/** Where Events are kept. */
export interface EventStore {
  create(event: Event): Promise<Stored<Event>>;
  /** Says of an Event that it happened again. @throws {KubeError} NotFound where the server has forgotten it. */
  repeat(event: Stored<Event>, series: NonNullable<Event["series"]>): Promise<Stored<Event>>;
}

/** Events are worth no longer wait. */
const timeoutMs = 5_000;

/** The Events of the API server. */
export function eventStore(client: KubeClient): EventStore {
  return {
    create: (event) => client.create(events, event, { timeoutMs }),
    repeat: ({ metadata: { name, namespace = "default" } }, series) =>
      client.patch(events, { namespace, name }, { series }, { type: "merge", timeoutMs }),
  };
}

/** The server takes no longer note, in bytes. */
const longestNote = 1_024;

/** And no longer instance. */
const longestInstance = 128;

/** Two happenings of one key are one Event that happened twice. */
export function keyOfHappening({ regarding, reason, type, note }: Happening): string {
  return JSON.stringify([keyOfObject(regarding), type, reason, note]);
}

/** Identity of an object over all kinds. */
export function keyOfObject({ apiVersion, kind, namespace, name, uid }: ObjectReference): string {
  return JSON.stringify([apiVersion, kind, namespace, name, uid]);
}

/**
 * A new Event. It is one of events.k8s.io/v1: `kubectl describe` and `kubectl events` read core/v1, which the server makes of the same stored object, and
 * this version alone has a series for what happens again. What has no namespace is told in `default`, where both look for it.
 */
export function renderEvent(
  happening: Happening,
  { controller, instance }: Reporter,
  at: { nowMs: number; suffix: string },
): Event {
  const { regarding, reason, type, note } = happening;
  return {
    apiVersion: apiVersionOf(events),
    kind: events.kind,
    metadata: { name: `${regarding.name.slice(0, 200)}.${at.suffix}`, namespace: regarding.namespace ?? "default" },
    eventTime: renderMicroTime(at.nowMs),
    reportingController: controller,
    reportingInstance: instance.slice(0, longestInstance),
    action: reason,
    reason,
    type,
    regarding,
    note: clipped(note),
  };
}

function clipped(note: string): string {
  if (Buffer.byteLength(note) <= longestNote) return note;
  // Encodes whole characters only, as many as there is room for.
  const { read } = new TextEncoder().encodeInto(note, new Uint8Array(longestNote - 3));
  return `${note.slice(0, read)}...`;
}
