import { type Admin, createAdmin } from "./admin.ts";
import { type ApiServer, createApiServer } from "./api-server.ts";
import type { ApiKind } from "./api-kind.ts";
import { type Chance, chanceOf } from "./chance.ts";
import { type Coverage, createCoverage } from "./coverage.ts";
import { breakConnections, type Network } from "./network.ts";
import type { Change, StoreView } from "./object-store.ts";
import { createProcess, type Process, type Program } from "./process.ts";
import { createScheduler, type Scheduler } from "./scheduler.ts";
import { simClient } from "./sim-client.ts";
import { fineWeather, type Weather } from "./weather.ts";

/** Called after every write that was done, before anybody is told of it: throws where something is not as it must always be. */
export type Invariant = (store: StoreView, change: Change, world: World) => void;

export interface WorldOptions {
  readonly seed: number;
  /** What the server serves; see known-kinds.ts. */
  readonly kinds: readonly ApiKind[];
  readonly invariants?: readonly Invariant[];
  /** Told what happens, a line each; the same seed gives the same lines. */
  readonly trace?: (line: string) => void;
}

/** What becomes of resourceVersions in a restore. */
export type Versions = "bumped" | "rewound";

/** A cluster in virtual time, and the hands that move it. Everything that happens in it follows from its seed. */
export interface World {
  readonly seed: number;
  /** For the moves of a schedule; the network and each process have chances of their own. */
  readonly chance: Chance;
  readonly scheduler: Scheduler;
  readonly server: ApiServer;
  readonly view: StoreView;
  readonly coverage: Coverage;
  /** Change its fields to change what the network is like. */
  readonly weather: Weather;
  /** Writes at once, past the network, as the world outside does: people, kubelets, cloud controllers. */
  readonly admin: Admin;
  /** Those that are alive, in the order of their starting. */
  readonly processes: readonly Process[];
  /** Starts a program as a process of this name. */
  start(name: string, program: Program): Process;
  /** The server is away for so long; all connections break. */
  restartServer(downMs: number): void;
  /**
   * The whole store goes back to what it was at a revision, as after a restore from a backup; the server restarts. `"bumped"`: versions go on from above
   * all that were ever given, as etcd recommends it to clusters; `"rewound"`: they are given once more.
   */
  restore(revision: number, downMs: number, versions: Versions): void;
  /** Breaks the connections of watches that had stalled. */
  cutStalled(): void;
  /** Moves the server's wall clock. */
  stepServerClock(ms: number): void;
  /** Lets things happen until `until` holds, which is asked before each step. @throws what an invariant or a program threw. */
  run(until: () => boolean): Promise<void>;
  /** Requests that have not yet reached the server; those of dead processes too. */
  underWay(): number;
  /** Lets so much virtual time pass. */
  pass(ms: number): Promise<void>;
  /** Writes a line of the trace. */
  note(line: string): void;
}

const epochMs = Date.UTC(2026, 0, 1);

/** An empty cluster in fine weather. */
export function createWorld({ seed, kinds, invariants = [], trace }: WorldOptions): World {
  const chance = chanceOf(seed);
  const scheduler = createScheduler();
  const coverage = createCoverage();
  const processes: Process[] = [];
  const weather = fineWeather();
  let skewMs = 0;
  let failure: { readonly error: unknown } | undefined;
  const server = createApiServer({
    kinds,
    wallClock: () => epochMs + scheduler.now() + skewMs,
    onChange: (change) => {
      for (const holds of invariants) holds(server.view, change, world);
    },
  });
  const network: Network = {
    server,
    scheduler,
    chance: chance.fork(),
    coverage,
    weather,
    epoch: 0,
    downUntil: 0,
    warmUntil: 0,
    streams: new Set(),
    underWay: 0,
    trace,
  };
  const note = (line: string) => trace?.(`${scheduler.now().toFixed(3)} ${line}`);
  const start = (name: string, program: Program): Process => {
    const end = () => {
      const at = processes.indexOf(process);
      if (at >= 0) processes.splice(at, 1);
    };
    const { process, clock, wallClock } = createProcess({
      name,
      scheduler,
      chance: chance.fork(),
      epochMs,
      onKilled: () => {
        coverage.hit("processKilled");
        note(`${name} killed`);
        for (const stream of network.streams) if (stream.process === process) stream.close();
        end();
      },
    });
    note(`${name} started`);
    processes.push(process);
    const own = chance.fork();
    const running = program({
      name,
      client: simClient(network, process),
      clock,
      wallClock,
      random: () => own.next(),
      signal: process.signal,
    });
    running.then(
      () => process.alive() && end(),
      (error: unknown) => {
        if (process.alive()) failure ??= { error };
      },
    );
    return process;
  };
  const run = (until: () => boolean) =>
    scheduler.run(() => {
      if (failure !== undefined) throw failure.error;
      return until();
    });
  const restartServer = (downMs: number) => {
    note(`server down for ${downMs} ms`);
    breakConnections(network, downMs);
  };
  const world: World = {
    seed,
    chance,
    scheduler,
    server,
    view: server.view,
    coverage,
    weather,
    admin: createAdmin(server),
    processes,
    start,
    restartServer,
    restore(revision, downMs, versions) {
      coverage.hit("restore");
      note(`restored ${revision} of ${server.store.revision()}, versions ${versions}`);
      server.store.restore(revision, versions === "bumped" ? 1_000 : undefined);
      restartServer(downMs);
    },
    cutStalled() {
      for (const stream of network.streams) if (stream.isStalled()) stream.cut();
    },
    stepServerClock: (ms) => {
      skewMs += ms;
    },
    run,
    underWay: () => network.underWay,
    async pass(ms) {
      let over = false;
      scheduler.after(ms, () => {
        over = true;
      });
      await run(() => over);
    },
    note,
  };
  return world;
}
