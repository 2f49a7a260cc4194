import { Bug } from "./bug.ts";
import type { Kind, Step } from "./kind.ts";

interface Standing<Item> {
  readonly item: Item;
  readonly reason: string | undefined;
}

/**
 * The steps that make `want` of `have`: adds and changes in the order of `want`, then removes in the order of `have`.
 * Where several of `have` share a key, the one most like the wanted item stays and the others go.
 * @throws {Bug} when two items of `want` share a key.
 */
export function diff<Item>(kind: Kind<Item>, want: readonly Item[], have: readonly Item[]): Step<Item>[] {
  const wanted = wantedByKey(kind, want);
  const standing = new Map<string, Standing<Item>>();
  const removes: Step<Item>[] = [];
  const remove = (key: string, item: Item, because: string) =>
    removes.push({ op: "remove", kind: kind.name, key, because, have: item });

  for (const item of have) {
    const key = kind.key(item);
    const target = wanted.get(key);
    if (target === undefined) {
      remove(key, item, "not wanted");
      continue;
    }
    const next = { item, reason: kind.differs(target, item) };
    const previous = standing.get(key);
    const better = previous === undefined || (previous.reason !== undefined && next.reason === undefined);
    if (better) standing.set(key, next);
    const surplus = better ? previous : next;
    if (surplus !== undefined) remove(key, surplus.item, "there is another one of this key");
  }
  return [...puts(kind, wanted, standing), ...removes];
}

function wantedByKey<Item>(kind: Kind<Item>, want: readonly Item[]): Map<string, Item> {
  const wanted = new Map<string, Item>();
  for (const item of want) {
    const key = kind.key(item);
    if (wanted.has(key)) throw new Bug(`${kind.name} ${key} is wanted twice; each key may be wanted once`);
    wanted.set(key, item);
  }
  return wanted;
}

function puts<Item>(kind: Kind<Item>, wanted: Map<string, Item>, standing: Map<string, Standing<Item>>): Step<Item>[] {
  const steps: Step<Item>[] = [];
  for (const [key, want] of wanted) {
    const found = standing.get(key);
    if (found === undefined) steps.push({ op: "add", kind: kind.name, key, because: "missing", want });
    else if (found.reason !== undefined)
      steps.push({ op: "change", kind: kind.name, key, because: found.reason, want, have: found.item });
  }
  return steps;
}
