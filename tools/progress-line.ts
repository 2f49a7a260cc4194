/** What is known about something that is being done. */
export interface TaskState {
  readonly what: string;
  reached?: { readonly done: number; readonly total: number; readonly unit: string };
  note?: string;
  /** How long it took last time. */
  readonly expectedSeconds?: number;
}

/** A duration for people, e.g. `"8 s"`, `"3 min 57 s"`. */
export function seconds(value: number): string {
  const whole = Math.round(value);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/**
 * What, how far, how long, e.g. `"building kubernetes: 412 of 2787 packages, 1 min 3 s"`,
 * or by last time's duration: `"starting kubelet on node-2: 4 s of about 12 s"`.
 */
export function renderTask(task: TaskState, elapsedSeconds: number): string {
  const { reached, note, expectedSeconds } = task;
  const far = reached === undefined ? [] : [`${reached.done} of ${reached.total} ${reached.unit}`];
  const expected = expectedSeconds !== undefined && expectedSeconds > elapsedSeconds;
  const time = expected ? `${seconds(elapsedSeconds)} of about ${seconds(expectedSeconds)}` : seconds(elapsedSeconds);
  return `${task.what}: ${[...far, ...(note === undefined ? [] : [note]), time].join(", ")}`;
}

/** One line for several running things, never wider than the terminal: the oldest in full, the number of the others. */
export function renderLive(texts: readonly string[], columns: number): string {
  const [first = "", ...others] = texts;
  const tail = others.length === 0 ? "" : `  (+${others.length} more)`;
  const room = Math.max(columns - 1 - tail.length, 10);
  const head = first.length <= room ? first : `${first.slice(0, room - 1)}…`;
  return `${head}${tail}`;
}
