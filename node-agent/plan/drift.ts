import { isDeepStrictEqual } from "node:util";
import type { KindOutcome } from "../../lib/linux/stage.ts";
import type { Step } from "../../lib/reconcile/kind.ts";
import { isRecord } from "../../lib/text/json.ts";

/** Something that was put right although nobody wanted anything else: somebody undid what podnet had done. */
export interface Repair {
  /** e.g. `"route"` */
  readonly kind: string;
  /** e.g. `"10.244.2.0/24"` */
  readonly key: string;
  /** What was wrong, in words, e.g. `"missing"`. */
  readonly because: string;
}

/** What the last run wanted and left so: kind → items. A kind that it did not look at is not in here. */
export type NodeStanding = ReadonlyMap<string, KindStanding>;

interface KindStanding {
  /** Key → item. */
  readonly wanted: ReadonlyMap<string, unknown>;
  /** Keys of what this agent wanted to change itself and could not, so that it will go on trying. */
  readonly owed: ReadonlySet<string>;
}

/** The repairs of a run, in its order, and how it left the node. */
export interface Drift {
  readonly repairs: readonly Repair[];
  readonly standing: NodeStanding;
}

/**
 * Tells the repairs of a run from its own changes. A step is a repair where what it is about was wanted just so by the last run as well; a removal, where by both runs
 * nothing was wanted there. What stands on a link that this agent itself made anew, or took an address from, is its own doing. The first look at a kind
 * tells nothing: what was there before nobody knows. A repair that failed counts when it is done.
 */
export function driftOf(before: NodeStanding, kinds: readonly KindOutcome[]): Drift {
  const standing = new Map<string, KindStanding>();
  const remade = new Set<string>();
  const repairs: Repair[] = [];
  for (const { kind, steps, errors, wanted } of kinds) {
    const known = standing.get(kind) ?? before.get(kind);
    const failed = new Set(errors.map(({ key }) => key));
    const owed = new Set<string>();
    for (const step of steps) {
      const { key, because } = step;
      const devices = devicesOf(step);
      const isRepair = known !== undefined && isUndone(step, known, wanted) && !devices.some((device) => remade.has(device));
      if (!isRepair) {
        if (kind === "link" || kind === "address") for (const device of devices) remade.add(device);
        if (failed.has(key)) owed.add(key);
      } else if (!failed.has(key)) repairs.push({ kind, key, because });
    }
    if (wanted !== undefined) standing.set(kind, { wanted, owed });
  }
  return { repairs, standing };
}

function isUndone({ kind, key, want }: Step<unknown>, known: KindStanding, wanted: KindOutcome["wanted"]): boolean {
  if (known.owed.has(key)) return false;
  const before = known.wanted.get(key);
  return isDeepStrictEqual(asWanted(kind, before), asWanted(kind, want ?? wanted?.get(key)));
}

/** The number of a nexthop object is chosen by what there is, and may change without anybody wanting so. */
function asWanted(kind: string, item: unknown): unknown {
  return kind === "nexthop" && isRecord(item) ? { ...item, id: undefined } : item;
}

/** The links that what a step is about stands on. */
function devicesOf({ kind, want, have }: Step<unknown>): string[] {
  const item = want ?? have;
  if (!isRecord(item)) return [];
  if (kind === "sysctl") return String(item["path"]).split("/");
  const device = kind === "link" ? item["name"] : item["device"];
  return typeof device === "string" ? [device] : [];
}
