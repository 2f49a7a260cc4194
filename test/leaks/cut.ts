import type { Chance } from "../simulation/chance.ts";

/** Who is killed: the plugin alone, so that what it started goes on; the plugin with all that it started; or the runtime, whose plugins go on to their end and are heard by nobody. */
export type Victim = "plugin" | "group" | "runtime";

/** Where a call of the plugins is cut short. */
export type Cut =
  /** So long after the call began. */
  | { readonly at: "time"; readonly afterMs: number; readonly victim: Victim }
  /** When a lease is written or removed, be it another pod's. */
  | { readonly at: "lease"; readonly victim: Victim }
  /** When all plugins have succeeded and the note of the pod is next, is half written, or is whole: there the runtime is killed. */
  | { readonly at: "note"; readonly written: "nothing" | "half" | "whole" };

/** What the runtime does once it is back: it deletes the pod as it should, or knows nothing of it, so that its namespace goes now or later and nobody deletes anything. */
export type Fate = "deletes" | "forgets" | "forgets later";

/** What happens to one pod: how it is made or deleted. */
export interface Fortune {
  readonly command: "ADD" | "DEL";
  /** Undefined: nothing. */
  readonly cut: Cut | undefined;
  /** Of who is not killed: the plugins are stopped when a lease is written, for so long; 0: they are not. */
  readonly stoppedMs: number;
  readonly fate: Fate;
  /** Chooses among the pods that there are; in [0, 1). */
  readonly choice: number;
}

/** A call takes about so long on a machine that has little else to do. */
const usualMs = 90;

/** Draws what happens next, always with the same number of questions. */
export function fortuneFrom(chance: Chance): Fortune {
  const own = chance.fork();
  const command = own.happens(0.5) ? "ADD" : "DEL";
  const cut = cutFrom(own.fork());
  const isCut = own.happens(0.6);
  const stoppedMs = own.happens(0.05) ? 1_500 : 0;
  return {
    command,
    cut: isCut ? cut : undefined,
    stoppedMs: isCut ? 0 : stoppedMs,
    fate: own.pick(["deletes", "forgets", "forgets", "forgets later"]),
    choice: own.next(),
  };
}

function cutFrom(chance: Chance): Cut {
  const victim = chance.pick(["plugin", "group", "runtime"] as const);
  const kind = chance.next();
  if (kind < 0.6) return { at: "time", afterMs: Math.floor(chance.next() * usualMs), victim };
  if (kind < 0.85) return { at: "lease", victim };
  return { at: "note", written: chance.pick(["nothing", "half", "whole"] as const) };
}
