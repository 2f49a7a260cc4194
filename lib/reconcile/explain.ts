import type { Step } from "./kind.ts";

const signs: Readonly<Record<Step<unknown>["op"], string>> = { add: "+", change: "~", remove: "-" };

/** One line per step, e.g. `"~ route 10.244.2.0/24: via 192.168.1.12, wanted 192.168.1.13"`; empty text for no steps. */
export function explain(steps: readonly Step<unknown>[]): string {
  return steps.map((step) => `${signs[step.op]} ${step.kind} ${step.key}: ${step.because}\n`).join("");
}
