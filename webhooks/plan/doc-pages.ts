/** Where a person reads on about a warning: a page of these sources and its heading. */
export const docPages = {
  /** What a change of a PodNetwork is answered, and why. */
  change: "docs/operations.md#changing-a-network",
  /** Ranges that meet Services, Nodes, routes, or addresses of others in the world. */
  surroundings: "docs/operations.md#ranges-that-meet-what-is-there-already",
} as const;
