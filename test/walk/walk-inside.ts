import { makeExec } from "../../lib/linux/exec.ts";
import { makeForeign } from "./foreign.ts";
import { takeWalk, type WalkPlace } from "./walk.ts";

/** Walks to take in a namespace, from one seed on. */
export interface WalkOrder {
  readonly place: Omit<WalkPlace, "exec">;
  readonly seed: number;
  readonly walks: number;
  /** Of each walk. */
  readonly rounds: number;
  readonly trace: boolean;
  /** No walk begins later than this after the first. */
  readonly limitMs: number;
}

/** One line of output: a walk that was taken, what was damaged in it, and why it failed, if it did; or a line of its trace. */
export type WalkAnswer =
  | { readonly seed: number; readonly damaged: readonly string[]; readonly failure?: string }
  | { readonly trace: string };

// Started inside a network namespace: settings under /proc/sys are those of the process that opens them.
const { seed: first, walks, rounds, trace, limitMs, ...order } = JSON.parse(process.argv[2] ?? "") as WalkOrder;
const place: WalkPlace = { ...order.place, exec: makeExec() };
const say = (answer: WalkAnswer) => console.log(JSON.stringify(answer));
await makeForeign(place.exec, place.confFolder);
const began = performance.now();
for (let seed = first; seed < first + walks && performance.now() - began < limitMs; seed++) {
  const damaged: string[] = [];
  const onDamage = (name: string) => void damaged.push(name);
  try {
    await takeWalk({ place, seed, rounds, onDamage, ...(trace && { trace: (line: string) => say({ trace: line }) }) });
    say({ seed, damaged });
  } catch (error) {
    say({ seed, damaged, failure: error instanceof Error ? error.message : String(error) });
  }
}
