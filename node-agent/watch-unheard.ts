import type { Exec } from "../lib/linux/exec.ts";
import { mark } from "../lib/linux/kinds/mark.ts";
import { type SysctlItem, sysctlKind } from "../lib/linux/kinds/sysctl.ts";
import { type TableItem, tableKind } from "../lib/linux/kinds/table.ts";
import { parseTable } from "../lib/linux/kinds/table-listing.ts";
import type { KindOutcome } from "../lib/linux/stage.ts";
import { settingsNow } from "../lib/linux/sysctl-world.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { diff } from "../lib/reconcile/diff.ts";
import { startLoop } from "../lib/reconcile/loop.ts";

/** What is as it shall be, though nobody tells when it changes. */
export interface Unheard {
  readonly settings: readonly SysctlItem[];
  readonly tables: readonly TableItem[];
}

export interface UnheardOptions {
  readonly exec: Exec;
  readonly procSys: string;
  readonly wanted: () => Unheard;
  /** Called with what is not as it shall be, e.g. `"net/ipv4/ip_forward"`, `"inet podnet"`. */
  readonly changed: (key: string) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

export interface UnheardWatch {
  /** When all of a kind was last seen right, by the clock; undefined: never, or it is a kind of whose changes one hears. */
  seenRightMs(kind: string): number | undefined;
  readonly stopped: Promise<void>;
}

const unheardKinds: ReadonlySet<string> = new Set([sysctlKind.name, tableKind.name]);

/** What a run wanted of them, without what it could not do, which is left to the next look at everything. */
export function unheardIn(kinds: readonly KindOutcome[]): Unheard {
  const done = kinds
    .filter(({ kind }) => unheardKinds.has(kind))
    .flatMap(({ wanted = new Map<string, unknown>(), errors }) => {
      const failed = new Set(errors.map(({ key }) => key));
      return [...wanted].flatMap(([key, item]) => (failed.has(key) ? [] : [item]));
    });
  return { settings: done.filter(isSetting), tables: done.filter(isTable) };
}

const isSetting = (item: unknown): item is SysctlItem => typeof item === "object" && item !== null && "path" in item;
const isTable = (item: unknown): item is TableItem => typeof item === "object" && item !== null && "chains" in item;

/** Between two looks. */
const everyMs = 800;

/** The same for each character of the tables, where that is more: one of a cluster of 5,000 nodes, in both families, takes nft 40 ms of a processor, and so is looked at each five seconds. */
const everyMsPerCharacter = 1 / 40;

/** The key of what is wrong, and how long until the next look. */
interface Seen {
  readonly wrong: string | undefined;
  readonly againAfterMs: number;
}

/**
 * Looks until the signal fires. The kernel tells nobody of settings; of tables it does, but `nft monitor` holds a copy of all tables of the machine, 3.6 KB for each rule of anybody's.
 * What cannot be read now is left to the next look at everything.
 */
export function watchUnheard({ exec, procSys, wanted, changed, clock, ...shared }: UnheardOptions): UnheardWatch {
  const right = new Map<string, number>();
  const start = (kind: string, look: (now: Unheard) => Promise<Seen> | Seen): Promise<void> => {
    const run = async () => {
      const [now, began] = [wanted(), clock.now()];
      const { wrong, againAfterMs } = await look(now);
      const isMeant = now === wanted();
      if (wrong !== undefined && isMeant) changed(wrong);
      else if (isMeant) right.set(kind, began);
      return { againAfterMs };
    };
    return startLoop({ ...shared, clock, run, onFailure: () => {} }).stopped;
  };
  const settingsLook = ({ settings }: Unheard): Seen => {
    const paths = settings.map(({ path }) => path);
    return { wrong: diff(sysctlKind, settings, settingsNow(procSys, paths))[0]?.key, againAfterMs: everyMs };
  };
  const stopped = Promise.all([start(sysctlKind.name, settingsLook), start(tableKind.name, createTableLook(exec))]);
  return { seenRightMs: (kind) => right.get(kind), stopped: stopped.then(() => undefined) };
}

/** Spelled otherwise than where the whole node is looked at, so that no process is taken that waits for that: see `warmExec`. */
const listing = ({ family }: TableItem) => ["nft", "--stateless", "--numeric-protocol", "list", "table", family, mark.tableName];

/** A text that was right once is not read again. */
function createTableLook(exec: Exec): (now: Unheard) => Promise<Seen> {
  let right = new Map<TableItem, string>();
  const look = async (table: TableItem): Promise<{ readonly text: string; readonly wrong: string | undefined }> => {
    const { status, stdout: text } = await exec.run(listing(table));
    if (right.get(table) === text) return { text, wrong: undefined };
    const wrong = status === 0 ? diff(tableKind, [table], parseTable(table.family, text))[0]?.key : tableKind.key(table);
    return { text, wrong };
  };
  return async ({ tables }) => {
    const seen: (readonly [TableItem, Awaited<ReturnType<typeof look>>])[] = [];
    for (const table of tables) seen.push([table, await look(table)]);
    right = new Map(seen.flatMap(([table, { text, wrong }]) => (wrong === undefined ? [[table, text] as const] : [])));
    const characters = seen.reduce((sum, [, { text }]) => sum + text.length, 0);
    return {
      wrong: seen.find(([, { wrong }]) => wrong !== undefined)?.[1].wrong,
      againAfterMs: Math.max(everyMs, characters * everyMsPerCharacter),
    };
  };
}
