import { type SysctlItem, sysctlKind } from "../lib/linux/kinds/sysctl.ts";
import type { KindOutcome } from "../lib/linux/stage.ts";
import { sysctlWorld } from "../lib/linux/sysctl-world.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { diff } from "../lib/reconcile/diff.ts";
import { startLoop } from "../lib/reconcile/loop.ts";

export interface SettingsOptions {
  readonly procSys: string;
  /** Those that shall be so, and could be set. */
  readonly wanted: () => readonly SysctlItem[];
  /** Called with the path of one that is not as it shall be, e.g. `"net/ipv4/ip_forward"`. */
  readonly changed: (path: string) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** Looks at settings, since the kernel tells nobody of their changes. */
export interface SettingsWatch {
  /** When all of them were last seen right, by the clock; undefined: never. */
  seenRightMs(): number | undefined;
  readonly stopped: Promise<void>;
}

/** Those that a run wanted, without those that could not be set, which are left to the next look at everything. */
export function settingsIn(kinds: readonly KindOutcome[]): SysctlItem[] {
  return kinds
    .filter(({ kind }) => kind === sysctlKind.name)
    .flatMap(({ wanted = new Map<string, unknown>(), errors }) => {
      const failed = new Set(errors.map(({ key }) => key));
      return [...wanted].flatMap(([path, item]) => (isSetting(item) && !failed.has(path) ? [item] : []));
    });
}

function isSetting(item: unknown): item is SysctlItem {
  return typeof item === "object" && item !== null && "path" in item && "value" in item;
}

/** Between two looks. */
const everyMs = 800;

/** Looks until the signal fires. One that cannot be read now is left to the next look at everything. */
export function watchSettings({ procSys, wanted, changed, clock, ...shared }: SettingsOptions): SettingsWatch {
  let rightMs: number | undefined;
  const run = async () => {
    const settings = wanted();
    const began = clock.now();
    const have = await sysctlWorld(
      procSys,
      settings.map(({ path }) => path),
    ).observe();
    const [wrong] = diff(sysctlKind, settings, have);
    // Of what came to be wanted meanwhile nothing is known.
    if (wrong === undefined) rightMs = settings === wanted() ? began : rightMs;
    else if (settings === wanted()) changed(wrong.key);
    return { againAfterMs: everyMs };
  };
  const { stopped } = startLoop({ ...shared, clock, run, onFailure: () => {} });
  return { seenRightMs: () => rightMs, stopped };
}
