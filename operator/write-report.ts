import { isKubeError } from "../lib/kube/errors.ts";
import type { Step, StepError } from "../lib/reconcile/kind.ts";

/** A write that was not done, with the port's code where it has one. */
export interface WriteFailure extends StepError {
  readonly code: string;
}

/** What one pass wrote and what it could not write. */
export interface WriteReport {
  readonly written: readonly Step<unknown>[];
  readonly failures: readonly WriteFailure[];
}

/** Collects what a pass does. */
export interface WriteNotes {
  /** Steps that were tried, and those of them that failed. */
  note(steps: readonly Step<unknown>[], failures: readonly WriteFailure[]): void;
  /** One write by hand: its result, or undefined when it failed, which is noted. */
  attempt<T>(step: Step<unknown>, write: () => Promise<T>): Promise<T | undefined>;
  report(): WriteReport;
}

/** None yet, for one pass. */
export function createWriteNotes(): WriteNotes {
  const written: Step<unknown>[] = [];
  const failures: WriteFailure[] = [];
  const note: WriteNotes["note"] = (steps, failed) => {
    const keys = new Set(failed.map(({ op, key }) => `${op} ${key}`));
    written.push(...steps.filter(({ op, key }) => !keys.has(`${op} ${key}`)));
    failures.push(...failed);
  };
  return {
    note,
    async attempt(step, write) {
      try {
        const result = await write();
        note([step], []);
        return result;
      } catch (error) {
        if (!isKubeError(error)) throw error;
        note([step], [{ op: step.op, kind: step.kind, key: step.key, code: error.code, message: error.message }]);
        return undefined;
      }
    },
    report: () => ({ written, failures }),
  };
}

/** Whether somebody else was there first: nothing is wrong, the next plan has it in view. */
export function isLostRace({ code }: WriteFailure): boolean {
  return code === "Taken" || code === "Conflict" || code === "AlreadyExists" || code === "NotFound";
}
