/** One thing that is being done, as seen by who does it. */
export interface Task {
  /** How far it is, e.g. `reached(412, 2787, "packages")`. */
  reached(done: number, total: number, unit: string): void;
  /** What is being done at this moment, e.g. `"linking"`. */
  note(text: string): void;
}

/**
 * Shows a person whatever takes longer than two seconds: what, how far, how long.
 * On a terminal one live line, elsewhere plain lines at most every ten seconds.
 */
export interface Progress {
  /** Shows `what` while `work` runs, e.g. `during("starting kubelet on node-2", () => kubelet.ready())`. Several may run at once. */
  during<Result>(what: string, work: (task: Task) => Promise<Result>): Promise<Result>;
  /** Prints a line that stays, without tearing the live line. */
  say(line: string): void;
}
