/** One sort of thing we own somewhere: a route on this node, a NodeSubnet in the API. */
export interface Kind<Item> {
  /** Log field and metric label, e.g. `"route"`. */
  readonly name: string;
  /** Identity, unique within the kind, e.g. `"10.244.2.0/24"`. */
  key(item: Item): string;
  /** Why the two differ, in words, e.g. `"via 192.168.1.12, wanted 192.168.1.13"`; undefined when they do not. Only fields we manage count. */
  differs(want: Item, have: Item): string | undefined;
}

/** One thing to do, as data. `add` has `want`, `remove` has `have`, `change` has both. */
export interface Step<Item> {
  readonly op: "add" | "change" | "remove";
  readonly kind: string;
  readonly key: string;
  readonly because: string;
  readonly want?: Item;
  readonly have?: Item;
}

/** A step that could not be done; its neighbours were done all the same. */
export interface StepError {
  readonly op: Step<unknown>["op"];
  readonly kind: string;
  readonly key: string;
  readonly message: string;
}

/**
 * Where items of one kind live. Guarantees of every World, held by a shared contract test:
 * 1. `observe` reads the world each time; nothing is remembered.
 * 2. `apply` may be called twice with the same steps: absent on remove and present on add are success.
 * 3. A failing step does not stop the others; every failure is returned, none is thrown.
 */
export interface World<Item> {
  observe(): Promise<Item[]>;
  apply(steps: readonly Step<Item>[]): Promise<StepError[]>;
}
