import type { Lab } from "../lab.ts";
import type { Pod } from "../pod.ts";

/** What the checks of the demo look at. */
export interface Situation {
  readonly lab: Lab;
  /** One pod on each node, in the order of the nodes. */
  readonly pods: readonly Pod[];
  /** A second pod on each node. */
  readonly neighbours: readonly Pod[];
  readonly families: readonly Family[];
  /** From the start of `kubectl apply` of the PodNetwork to the end of `kubectl wait` for it to be Ready. */
  readonly readyAfterSeconds: number;
}

/** A family of the example, with what the story promises for it. */
export interface Family {
  readonly name: "IPv4" | "IPv6";
  /** Place of this family's address in lists that hold one per family. */
  readonly index: 0 | 1;
  /** Node number → its subnet, e.g. 2 → `"10.244.2.0/24"`. */
  readonly subnet: (node: number) => string;
  /** Node number → its gateway with prefix length, e.g. 2 → `"10.244.2.1/24"`. */
  readonly gateway: (node: number) => string;
}

const ipv4: Family = {
  name: "IPv4",
  index: 0,
  subnet: (node) => `10.244.${node}.0/24`,
  gateway: (node) => `10.244.${node}.1/24`,
};
const ipv6: Family = {
  name: "IPv6",
  index: 1,
  subnet: (node) => `fd00:10:244:${node}::/64`,
  gateway: (node) => `fd00:10:244:${node}::1/64`,
};

/** Example name → its families; the names are the files' in `examples/`. */
export const examples: Readonly<Record<string, readonly Family[]>> = {
  "three-nodes": [ipv4],
  "dual-stack": [ipv4, ipv6],
};
