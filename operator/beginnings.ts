import type { PlannedEvent } from "./plan/events.ts";

/** Gives those that were not there at the last call, whatever their words; of what is counted, those of which there are more than at the last call. */
export function createBeginnings(): (standing: readonly PlannedEvent[]) => PlannedEvent[] {
  let known: ReadonlyMap<string, number> | undefined;
  return (standing) => {
    const before = known;
    known = new Map(standing.map((event) => [keyOf(event), event.times ?? 1]));
    return standing.filter((event) => {
      if (event.times === undefined) return before?.has(keyOf(event)) !== true;
      // What came about before this process first looked was told by another, or is old.
      return before !== undefined && event.times > (before.get(keyOf(event)) ?? 0);
    });
  };
}

function keyOf({ reason, about, regarding: { kind, name, uid } }: PlannedEvent): string {
  return [reason, kind, name, uid, about].join("/");
}
