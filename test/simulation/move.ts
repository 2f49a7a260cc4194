import type { Chance } from "./chance.ts";
import type { Program } from "./process.ts";
import type { Versions, World } from "./world.ts";

/** Something that the world outside does to a cluster. */
export interface Move {
  /** Counted in the coverage under this name. */
  readonly name: string;
  /** How often it is taken, beside those of the others. */
  readonly weight: number;
  /** Does it; false where there is nothing to do it to. */
  readonly make: (world: World) => boolean;
}

/** One of the moves, by their weights. */
export function pickMove(chance: Chance, moves: readonly Move[]): Move {
  const total = moves.reduce((sum, { weight }) => sum + weight, 0);
  let left = chance.next() * total;
  const found = moves.find(({ weight }) => (left -= weight) < 0);
  if (found === undefined) throw new RangeError("no move has a weight");
  return found;
}

/** What happens to processes whose names begin with `prefix`: killed, stopped in order, started again, suspended, given another time. */
export function processMoves(prefix: string, count: number, program: Program): Move[] {
  const running = (world: World) => world.processes.filter(({ name }) => name.startsWith(prefix));
  let started = 0;
  const onOne =
    (act: (world: World, process: World["processes"][number]) => void): Move["make"] =>
    (world) => {
      const found = running(world);
      if (found.length === 0) return false;
      act(world, world.chance.pick(found));
      return true;
    };
  return [
    {
      name: `${prefix} started`,
      weight: 5,
      make: (world) => running(world).length < count && world.start(`${prefix}-${++started}`, program) !== undefined,
    },
    { name: `${prefix} killed`, weight: 2, make: onOne((_, process) => process.kill()) },
    { name: `${prefix} stopped`, weight: 1, make: onOne((_, process) => process.stop()) },
    {
      name: `${prefix} suspended`,
      weight: 2,
      make: onOne((world, process) => process.pause(world.chance.pick([300, 3_000, 30_000]))),
    },
    { name: "clockStep", weight: 1, make: onOne((world, process) => process.stepWallClock(stepMs(world.chance))) },
  ];
}

function stepMs(chance: Chance): number {
  return chance.pick([-3_600_000, -5_000, 5_000, 3_600_000]);
}

/** What happens to the server: restarts, compactions, other times, and restores from backups of these sorts. */
export function serverMoves({ restores }: { readonly restores: readonly Versions[] }): Move[] {
  return [
    {
      name: "serverRestart",
      weight: 1,
      make: (world) => {
        world.restartServer(world.chance.pick([50, 2_000]));
        return true;
      },
    },
    {
      name: "compaction",
      weight: 1,
      make: ({ server, chance }) => {
        server.store.compact(server.store.revision() - chance.below(5));
        return true;
      },
    },
    {
      name: "serverClockStep",
      weight: 0.5,
      make: (world) => {
        world.stepServerClock(stepMs(world.chance));
        return true;
      },
    },
    ...restores.map((versions) => ({
      name: `restored ${versions}`,
      weight: 0.7,
      make: (world: World) => restoreSome(world, versions),
    })),
  ];
}

/** A restore of a backup from before some of the last writes. */
function restoreSome(world: World, versions: Versions): boolean {
  const { chance, server } = world;
  const newest = server.store.revision();
  world.restore(Math.max(1, newest - 1 - chance.below(chance.pick([3, 10, 40]))), chance.pick([50, 2_000]), versions);
  return true;
}
