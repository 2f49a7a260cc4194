import type { ApiKind } from "./api-kind.ts";
import type { Change } from "./object-store.ts";
import type { Chance } from "./chance.ts";
import { type Move, pickMove } from "./move.ts";
import { calm, drawWeather, fineWeather } from "./weather.ts";
import { createWorld, type Invariant, type World } from "./world.ts";

/** What is played, apart from its seed. To extend it, add to the lists. */
export interface Schedule {
  /** What the server serves; the same list may serve any number of schedules. */
  readonly kinds: readonly ApiKind[];
  /** What is there when it begins: objects and running processes. Nothing goes wrong yet. */
  readonly begin: (world: World) => void;
  /** What may happen, by chance, `length` times. */
  readonly moves: readonly Move[];
  readonly length: number;
  /** Goes on making moves until so many faults came about. */
  readonly leastFaults: number;
  /** Moves by name that each schedule makes, in this order, at times that the seed draws; those of `moves` come by chance besides. */
  readonly certain: readonly string[];
  /** Held after every write that was done. */
  readonly invariants: readonly Invariant[];
  /** Whether a write is one that goes on for ever, as a sign of life, so that rest may come all the same. */
  readonly isRoutine?: (change: Change) => boolean;
  /** The state of things in lines, for the trace of a failure. */
  readonly describe?: (world: World) => readonly string[];
  /** When faults stop: sees to it that whatever is needed to come to rest is there, e.g. one operator. */
  readonly calmDown: (world: World) => void;
  /** Throws as long as not everything is as it must be in the end. */
  readonly atRest: (world: World) => void;
}

/** `"judged"`: when faults stop, all must come to rest as it must be. `"open"`: it ends with the last move, which is a fifth of the work. */
export type Ending = "judged" | "open";

export interface RunOptions {
  readonly seed: number;
  /** Default: judged. */
  readonly ending?: Ending;
  readonly trace?: (line: string) => void;
}

/** What a schedule came to. */
export interface ScheduleResult {
  readonly seed: number;
  /** Pieces of work done: deliveries, answers, events and timers. */
  readonly steps: number;
  readonly writes: number;
  /** Faults, kills, restarts and restores. */
  readonly faults: number;
  readonly virtualMs: number;
  /** Name → times; see coverage.ts, weather.ts for the faults, and each move by its name. */
  readonly coverage: ReadonlyMap<string, number>;
}

/** Between two moves, in milliseconds, at most → how often it is drawn, in parts. Long waits cost much and bring little: what meets in time does harm. */
const paces = new Map([
  [20, 10],
  [200, 9],
  [1_000, 1],
]);
/** In so many schedules watches that stalled are left to be found out by their silence, which takes ten times as long as all else. */
const patientShare = 0.1;
/** Nothing was written for so long, and all is as it must be: that is rest. */
const quietMs = 2_000;
/** What was lost with its network and its agent, so that nobody says how long it shall rest, rests ten times five minutes. */
const restWithinMs = 3_600_000;
/** More than this is a loop that never waits. */
const maxWrites = 20_000;

/** What is owed at the end is waited for until so many times the moves were made: where nobody reaches the server, a network that leaves never makes room for another one. */
const mostOften = 5;

/** A schedule that did not end well. */
export class ScheduleFailure extends Error {
  override readonly name = "ScheduleFailure";
  readonly seed: number;

  constructor(seed: number, cause: unknown) {
    super(`seed ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.seed = seed;
  }
}

/**
 * Plays one schedule: moves and faults as the seed draws them, then fine weather until all is at rest.
 * @throws {ScheduleFailure} where an invariant did not hold, a program failed, or rest did not come.
 */
export async function runSchedule(schedule: Schedule, { seed, ending = "judged", trace }: RunOptions): Promise<ScheduleResult> {
  const { kinds, invariants, isRoutine } = schedule;
  let writes = 0;
  let stir = 0;
  const counting: Invariant = (_, change) => {
    if (isRoutine?.(change) !== true) stir++;
    if (++writes > maxWrites) throw new RangeError(`${maxWrites} writes were not enough`);
  };
  const world = createWorld({ seed, kinds, invariants: [counting, ...invariants], ...(trace !== undefined && { trace }) });
  try {
    await play(world, schedule);
    if (ending === "judged") {
      clearUp(world, schedule);
      await rest(world, schedule, () => stir);
    }
  } catch (error) {
    for (const line of trace === undefined ? [] : (schedule.describe?.(world) ?? [])) world.note(line);
    throw new ScheduleFailure(seed, error);
  }
  const { coverage, scheduler } = world;
  return {
    seed,
    writes,
    steps: scheduler.steps(),
    faults: faultsIn(world),
    virtualMs: scheduler.now(),
    coverage: coverage.all(),
  };
}

async function play(world: World, { begin, moves, length, leastFaults, certain }: Schedule): Promise<void> {
  const { chance, coverage } = world;
  begin(world);
  Object.assign(world.weather, drawWeather(chance));
  const usualMs = chance.pick([...paces].flatMap(([ms, parts]) => Array.from({ length: parts }, () => ms)));
  const due = drawCertain(chance, { moves, length, certain });
  const isOwing = () => due.length > 0 || faultsIn(world) < leastFaults;
  for (let made = 0; made < length || (made < length * mostOften && isOwing()); ) {
    const owed = due[0] !== undefined && due[0].at <= made && due[0].move.make(world) ? due.shift()?.move : undefined;
    const move = owed ?? pickMove(chance, moves);
    if (owed === undefined && !move.make(world)) continue;
    made++;
    coverage.hit(move.name);
    world.note(`move: ${move.name}`);
    // Some come together.
    if (!chance.happens(0.3)) await world.pass(chance.next() * usualMs);
  }
}

/** The certain moves, and after how many others each is due. One that cannot be made then is made as soon as it can. */
function drawCertain(chance: Chance, { moves, length, certain }: Pick<Schedule, "moves" | "length" | "certain">) {
  const found = moves.filter(({ name }) => certain.includes(name));
  const times = found.map(() => chance.below(length)).toSorted((a, b) => a - b);
  const ordered = found.toSorted((a, b) => certain.indexOf(a.name) - certain.indexOf(b.name));
  return ordered.map((move, index) => ({ move, at: times[index] ?? 0 }));
}

/** No fault any more, and people see to what needs them. */
function clearUp(world: World, { calmDown }: Schedule): void {
  Object.assign(world.weather, fineWeather(), { rates: calm });
  for (const process of world.processes) process.setWallClockRight();
  if (!world.chance.happens(patientShare)) world.cutStalled();
  calmDown(world);
}

async function rest(world: World, { atRest }: Schedule, stir: () => number): Promise<void> {
  const { scheduler } = world;
  const deadline = scheduler.now() + restWithinMs;
  for (;;) {
    const before = stir();
    await world.pass(quietMs);
    const quiet = stir() === before && world.underWay() === 0;
    const late = scheduler.now() > deadline;
    const wrong = quiet || late ? attempt(() => atRest(world)) : undefined;
    if (quiet && wrong === undefined) return;
    if (late) throw wrong?.error ?? new Error("it is as it must be, yet somebody goes on writing");
  }
}

function attempt(check: () => void): { readonly error: unknown } | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return { error };
  }
}

function faultsIn({ coverage }: World): number {
  const names = [...Object.keys(calm), "processKilled", "restore", "serverRestart"];
  return names.reduce((sum, name) => sum + coverage.count(name), 0);
}
