import { commandWorld } from "./command-world.ts";
import type { Exec } from "./exec.ts";
import { type NexthopItem, nexthopKind, numberedPaths } from "./kinds/nexthop.ts";
import type { RouteItem } from "./kinds/route.ts";
import { type Stage, stageOf } from "./stage.ts";

/** The nexthop objects of a node's routes. */
export interface NexthopStage extends Stage {
  /** Once `forward` is done: `pathKey` → the number of the object that leads there; none for those that could not be made, nor where the kernel or `ip` has no such objects. */
  numbers(): ReadonlyMap<string, number>;
}

/** Makes one nexthop object for each way that these routes go. */
export function nexthopStage(routes: readonly RouteItem[], exec: Exec): NexthopStage {
  const paths = routes.flatMap(({ via, device, onlink }) =>
    via === undefined || device === undefined ? [] : [{ via, device, ...(onlink === true ? { onlink } : {}) }],
  );
  let wanted: readonly NexthopItem[] = [];
  const want = (have: readonly NexthopItem[]) => {
    wanted = numberedPaths(paths, have);
    return wanted;
  };
  const stage = stageOf(nexthopKind, want, commandWorld(nexthopKind, exec));
  return {
    ...stage,
    numbers: () => {
      const failed = new Set(stage.outcome.errors.map(({ key }) => key));
      return new Map(wanted.map((item) => [nexthopKind.key(item), item.id] as const).filter(([key]) => !failed.has(key)));
    },
  };
}
