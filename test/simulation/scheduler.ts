/** Somebody whose work stands still while it is paused, and is never done once it is dead. */
export interface Actor {
  alive(): boolean;
  /** Nothing of it happens before this moment. */
  pausedUntil(): number;
  /** Called before each piece of its work; false: it died of it, and the work is not done. */
  beforeTurn(): boolean;
}

/** Takes back what was planned. */
export type Cancel = () => void;

/**
 * Virtual time. What is planned is done one after the other, in the order of its moments; after each piece all promise callbacks run that are
 * due, before the next piece begins. Nothing else may run meanwhile: no real timer, no input or output.
 */
export interface Scheduler {
  /** Milliseconds since the beginning; never goes back. */
  now(): number;
  /** Plans a piece of work; of an actor's nothing is done while that one is paused or dead. */
  after(delayMs: number, work: () => void, actor?: Actor): Cancel;
  /** Pieces of work done. */
  steps(): number;
  /**
   * Does what is planned until `until` says so, asked before each piece, or nothing is left.
   * @throws whatever a piece of work throws, and RangeError when `maxSteps` pieces have not been enough.
   */
  run(until: () => boolean, maxSteps?: number): Promise<void>;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly actor: Actor | undefined;
  /** Undefined once taken back. */
  work: (() => void) | undefined;
}

/** A scheduler at 0. */
export function createScheduler(): Scheduler {
  const heap: Entry[] = [];
  let now = 0;
  let order = 0;
  let steps = 0;
  const plan = (at: number, work: () => void, actor: Actor | undefined): Entry => {
    const entry = { at, order: order++, actor, work };
    push(heap, entry);
    return entry;
  };
  /** Does the next piece; false when there is none. */
  const step = (): boolean => {
    for (let entry = pop(heap); entry !== undefined; entry = pop(heap)) {
      const { actor, work } = entry;
      if (work === undefined || actor?.alive() === false) continue;
      now = Math.max(now, entry.at);
      const pausedUntil = actor?.pausedUntil() ?? 0;
      if (pausedUntil > now) {
        plan(pausedUntil, work, actor);
        continue;
      }
      steps++;
      if (actor?.beforeTurn() !== false) work();
      return true;
    }
    return false;
  };
  return {
    now: () => now,
    steps: () => steps,
    after(delayMs, work, actor) {
      const entry = plan(now + Math.max(0, delayMs), work, actor);
      return () => {
        entry.work = undefined;
      };
    },
    run: (until, maxSteps = 1_000_000) => runSteps(step, until, maxSteps),
  };
}

/**
 * Promise callbacks run dry between two steps: what is put on the tick queue from within a promise callback is called only when no
 * promise callback is left. That is cheaper than a turn of the event loop.
 */
function runSteps(step: () => boolean, until: () => boolean, maxSteps: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let left = maxSteps;
  const turn = () => {
    try {
      if (until() || !step()) return resolve();
      if (left-- <= 0) return reject(new RangeError(`${maxSteps} steps were not enough`));
    } catch (error) {
      return reject(error);
    }
    queueMicrotask(onceDry);
  };
  const onceDry = () => process.nextTick(turn);
  queueMicrotask(onceDry);
  return promise;
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Entry[], entry: Entry): void {
  let index = heap.push(entry) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !isBefore(entry, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = entry;
}

function pop(heap: Entry[]): Entry | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let index = 0;
  for (;;) {
    const left = heap[2 * index + 1];
    const right = heap[2 * index + 2];
    const child = right !== undefined && left !== undefined && isBefore(right, left) ? 2 * index + 2 : 2 * index + 1;
    const below = heap[child];
    if (below === undefined || !isBefore(below, last)) break;
    heap[index] = below;
    index = child;
  }
  heap[index] = last;
  return first;
}
