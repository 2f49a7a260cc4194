import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Exec } from "../lib/linux/exec.ts";
import { observeForeignRoutes } from "../lib/linux/foreign-routes.ts";
import { isFromOutside } from "../lib/linux/system-error.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import type { Repair } from "./plan/drift.ts";
import type { DriftFacts, Suspect } from "./plan/drift-status.ts";
import type { RunOutcome } from "./plan/node-status.ts";

/** Where programs that manage networks keep what they know, below the node's `/run`. A folder that is empty says nothing: a mount makes one where there was none. */
const programs = [
  { program: "systemd-networkd", folder: "systemd/netif" },
  { program: "NetworkManager", folder: "NetworkManager" },
] as const;

/** While somebody keeps undoing something, it is looked for him so often at most. */
const freshMs = 60_000;

/** Knows who else writes to this node's kernel. */
export interface Suspects {
  /** An outcome with them, where it says that somebody keeps undoing something; they are not looked for else. */
  told(outcome: RunOutcome): Promise<RunOutcome>;
}

/** Nobody looked for yet. `runFolder`: the node's `/run`, e.g. `"/run"`, or where folders of it are mounted. */
export function createSuspects(exec: Exec, runFolder: string, clock: Pick<Clock, "now">): Suspects {
  let seen: readonly Suspect[] = [];
  let seenAt = Number.NEGATIVE_INFINITY;
  const withSeen = (drift: DriftFacts) => ({ ...drift, suspects: seen });
  return {
    async told(outcome) {
      const { drift } = outcome;
      if (drift === undefined || drift.contended.length === 0) return outcome;
      if (clock.now() - seenAt >= freshMs) {
        seenAt = clock.now();
        seen = [...(await programsIn(runFolder)), ...(await routesBeside(exec, drift.contended))];
      }
      return { ...outcome, drift: withSeen(drift) };
    },
  };
}

/** Those that left something in the folder. */
export async function programsIn(runFolder: string): Promise<Suspect[]> {
  const found = await Promise.all(
    programs.map(async ({ program, folder }): Promise<Suspect[]> => {
      const names = await readdir(join(runFolder, folder)).catch(() => []);
      return names.length === 0 ? [] : [{ program }];
    }),
  );
  return found.flat();
}

async function routesBeside(exec: Exec, contended: readonly Repair[]): Promise<Suspect[]> {
  const ours = new Set(contended.filter(({ kind }) => kind === "route").map(({ key }) => key));
  if (ours.size === 0) return [];
  try {
    const routes = await observeForeignRoutes(exec);
    return routes
      .filter(({ destination }) => ours.has(destination))
      .map(({ destination, protocol }) => ({ route: destination, protocol }));
  } catch (error) {
    if (isFromOutside(error)) return [];
    throw error;
  }
}
