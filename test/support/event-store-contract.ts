import assert from "node:assert/strict";
import { isKubeError } from "../../lib/kube/errors.ts";
import { type EventStore, type Happening, renderEvent } from "../../lib/kube/event.ts";

/** A happening of a PodNetwork. */
export function happening(part: Partial<Happening> & { readonly of?: string } = {}): Happening {
  const { of = "default", ...rest } = part;
  const regarding = { apiVersion: "podnet.dev/v1alpha1", kind: "PodNetwork", name: of, uid: `uid-${of}` };
  return { regarding, reason: "SubnetAssigned", type: "Normal", note: "node-1 10.244.1.0/24", ...rest };
}

const reporter = { controller: "podnet.dev/operator", instance: "test_1" };
const noon = Date.UTC(2026, 10, 24, 12);

/**
 * What the writer of Events rests on: an Event is made, told again by its series alone, and can have been forgotten.
 * @throws {AssertionError} naming the guarantee that does not hold.
 */
export async function tryEventStore(store: EventStore): Promise<void> {
  const event = renderEvent(happening(), reporter, { nowMs: noon, suffix: "0123456789abcdef" });
  const made = await store.create(event);
  assert.deepEqual([made.metadata.namespace, made.metadata.name], ["default", "default.0123456789abcdef"]);
  assert.deepEqual([made.reason, made.type, made.note, made.regarding], [event.reason, event.type, event.note, event.regarding]);
  assert.equal(made.series, undefined);
  const series = { count: 7, lastObservedTime: "2026-11-24T12:05:00.000000Z" };
  const repeated = await store.repeat(made, series);
  assert.deepEqual([repeated.series, repeated.metadata.uid], [series, made.metadata.uid]);
  assert.equal(repeated.eventTime, event.eventTime);
  const long = renderEvent(happening({ note: "ä€".repeat(1_000) }), reporter, { nowMs: noon, suffix: "1" });
  assert.match((await store.create(long)).note, /^(ä€)+ä?\.\.\.$/, "a note that is too long is cut between two characters");
  const forgotten = { ...made, metadata: { ...made.metadata, name: "default.never-made" } };
  await assert.rejects(store.repeat(forgotten, series), (error) => isKubeError(error, "NotFound"));
}
