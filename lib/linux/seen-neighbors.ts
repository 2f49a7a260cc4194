import type { Exec } from "./exec.ts";
import { parseRows } from "./kinds/output.ts";
import { stdoutOf } from "./stdout-of.ts";

/** What the kernel knows of who is on its links. */
export interface SeenNeighbors {
  /** Addresses that answered just now, or are said to be there for good; canonical text. */
  readonly answering: ReadonlySet<string>;
  /** Address → MAC addresses that it had when it last answered, lower case. */
  readonly macs: ReadonlyMap<string, readonly string[]>;
  /** MAC addresses that bridges know the way to, lower case. */
  readonly bridged: ReadonlySet<string>;
}

/** What a neighbor is in while it counts as there; one in another state may have gone long ago, since few are ever forgotten. */
const alive = ["REACHABLE", "DELAY", "PROBE", "PERMANENT"];

/**
 * The neighbors of this node, on all of its links.
 * @throws {CommandError} when a tool cannot be run, {UnexpectedOutput} when its output cannot be read.
 */
export async function observeNeighbors(exec: Exec): Promise<SeenNeighbors> {
  const run = (...argv: string[]): Promise<string> => stdoutOf(exec, argv);
  const [neighbors, forwarding] = await Promise.all([run("ip", "-j", "neighbor", "show"), run("bridge", "-j", "fdb", "show")]);
  return neighborsOf(neighbors, forwarding);
}

/** The same, of what `ip -j neighbor show` and `bridge -j fdb show` printed. */
export function neighborsOf(neighbors: string, forwarding: string): SeenNeighbors {
  const rows = parseRows("ip neighbor show", neighbors);
  const known = rows.filter((row) => row.has("lladdr"));
  return {
    answering: new Set(
      known
        .filter((row) => row.has("state") && row.texts("state").some((state) => alive.includes(state)))
        .map((row) => row.text("dst")),
    ),
    macs: new Map(
      [...Map.groupBy(known, (row) => row.text("dst"))].map(([address, all]) => [
        address,
        all.map((row) => row.text("lladdr").toLowerCase()),
      ]),
    ),
    bridged: new Set(
      parseRows("bridge fdb show", forwarding)
        .filter((row) => row.has("mac"))
        .map((row) => row.text("mac").toLowerCase()),
    ),
  };
}
