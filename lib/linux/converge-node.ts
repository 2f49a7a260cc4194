import { diff } from "../reconcile/diff.ts";
import type { Kind, Step, StepError, World } from "../reconcile/kind.ts";
import { commandWorld } from "./command-world.ts";
import type { Exec } from "./exec.ts";
import { fileWorld } from "./file-world.ts";
import { addressKind } from "./kinds/address.ts";
import { fileKind } from "./kinds/file.ts";
import { linkKind } from "./kinds/link.ts";
import { routeKind } from "./kinds/route.ts";
import { type SysctlItem, sysctlKind } from "./kinds/sysctl.ts";
import { tableKind } from "./kinds/table.ts";
import type { NodeState } from "./node-state.ts";
import { sysctlWorld } from "./sysctl-world.ts";
import { isFromOutside } from "./system-error.ts";

/** Where a node's state is written. */
export interface NodePlace {
  readonly exec: Exec;
  /** The node's `/proc/sys`, e.g. `"/proc/sys"`, or where it is mounted writable. */
  readonly procSys: string;
}

/** What one run found and did in one kind. */
export interface KindOutcome {
  /** e.g. `"route"`. */
  readonly kind: string;
  /** What had to be done; none, and no errors, means that the kind was as wanted. */
  readonly steps: readonly Step<unknown>[];
  /** Those of `steps` that could not be done. */
  readonly errors: readonly StepError[];
  /** Why the kind could not be seen, so that nothing was done about it. */
  readonly unseen?: string;
}

/** One kind in the course of a run. */
interface Stage {
  readonly outcome: { kind: string; steps: Step<unknown>[]; errors: StepError[]; unseen?: string };
  /** Adds and changes. */
  forward(): Promise<void>;
  /** Removals. */
  backward(): Promise<void>;
}

/**
 * Makes a node as wanted, kind by kind: links, sysctls, addresses, routes, tables, files; then removals in the opposite order.
 * A kind that `want` leaves out is left alone; an empty list means that all of ours goes.
 * Guarantees:
 * 1. Each kind is observed just before it is written, and only read when it is as wanted.
 * 2. No failure stops what does not depend on it; all are returned.
 * 3. Settings of a link that is not as wanted are not written, since it may be somebody else's.
 * @throws {Bug} when `want` holds what the planner must never give, e.g. one key twice.
 */
export async function convergeNode(place: NodePlace, want: Partial<NodeState>): Promise<KindOutcome[]> {
  const { exec, procSys } = place;
  const { links, sysctls, addresses, routes, tables, files } = want;
  const linkStage = links && stage(linkKind, links, commandWorld(linkKind, exec));
  const brokenLinks = () =>
    new Set(
      linkStage?.outcome.unseen === undefined ? linkStage?.outcome.errors.map(({ key }) => key) : links?.map(({ name }) => name),
    );
  const sysctlPaths = (sysctls ?? []).map((sysctl) => sysctl.path);
  const filePaths = [...(files?.want ?? []).map((file) => file.path), ...(files?.ours ?? [])];
  const stages = [
    linkStage,
    sysctls && stage(sysctlKind, sysctls, withoutLinks(sysctlWorld(procSys, sysctlPaths), brokenLinks)),
    addresses && stage(addressKind, addresses, commandWorld(addressKind, exec)),
    routes && stage(routeKind, routes, commandWorld(routeKind, exec)),
    tables && stage(tableKind, tables, commandWorld(tableKind, exec)),
    files && stage(fileKind, files.want, fileWorld(filePaths)),
  ].filter((found) => found !== undefined);
  for (const each of stages) await each.forward();
  for (const each of stages.toReversed()) await each.backward();
  return stages.map((each) => each.outcome);
}

function stage<Item>(kind: Kind<Item>, want: readonly Item[], world: World<Item>): Stage {
  const outcome: Stage["outcome"] = { kind: kind.name, steps: [], errors: [] };
  let hasRemovals = false;
  const write = async (steps: readonly Step<Item>[]) => {
    if (steps.length === 0) return;
    outcome.steps.push(...steps);
    outcome.errors.push(...(await world.apply(steps)));
  };
  const steps = async (): Promise<Step<Item>[]> => {
    try {
      return diff(kind, want, await world.observe());
    } catch (error) {
      if (!isFromOutside(error)) throw error;
      outcome.unseen = `${kind.name}: what is there could not be seen, so nothing was done: ${error.message}`;
      return [];
    }
  };
  return {
    outcome,
    forward: async () => {
      const found = await steps();
      hasRemovals = found.some((step) => step.op === "remove");
      await write(found.filter((step) => step.op !== "remove"));
    },
    backward: async () => {
      if (hasRemovals) await write((await steps()).filter((step) => step.op === "remove"));
    },
  };
}

/** The same world, in which the settings of the links named are not written. */
function withoutLinks(world: World<SysctlItem>, names: () => ReadonlySet<string>): World<SysctlItem> {
  return {
    observe: () => world.observe(),
    apply: async (steps) => {
      const linkOf = (step: Step<SysctlItem>) => step.key.split("/").find((part) => names().has(part));
      const errors = steps.flatMap((step) => {
        const link = linkOf(step);
        const message = `not set, since the link ${link} is not as wanted; see the error of that link`;
        return link === undefined ? [] : [{ op: step.op, kind: step.kind, key: step.key, message }];
      });
      return [...errors, ...(await world.apply(steps.filter((step) => linkOf(step) === undefined)))];
    },
  };
}
