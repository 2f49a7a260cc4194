import type { Kind, Step, World } from "../reconcile/kind.ts";
import { commandWorld } from "./command-world.ts";
import type { Exec } from "./exec.ts";
import { fileWorld } from "./file-world.ts";
import { type AddressItem, addressKindOn, addressName, tunnelsOf } from "./kinds/address.ts";
import { fdbKindOn } from "./kinds/fdb.ts";
import { fileKind } from "./kinds/file.ts";
import { linkKind } from "./kinds/link.ts";
import { neighborKindOn } from "./kinds/neighbor.ts";
import { nexthopKind } from "./kinds/nexthop.ts";
import { type RouteItem, routeKind, routeKindBy } from "./kinds/route.ts";
import { type SysctlItem, sysctlKind } from "./kinds/sysctl.ts";
import { tableKind } from "./kinds/table.ts";
import { nexthopStage } from "./nexthop-stage.ts";
import type { NodeState } from "./node-state.ts";
import { type PodVeth, portStage } from "./port-stage.ts";
import { type KindOutcome, type Stage, stageOf } from "./stage.ts";
import { sysctlWorld } from "./sysctl-world.ts";

/** Where a node's state is written. */
export interface NodePlace {
  readonly exec: Exec;
  /** The node's `/proc/sys`, e.g. `"/proc/sys"`, or where it is mounted writable. */
  readonly procSys: string;
  /** What is known of pods' veths; asked only where one is not as wanted. Absent: of none it is known that it is a pod's. */
  readonly podVeths?: () => Promise<readonly PodVeth[]>;
}

/**
 * Makes a node as wanted, kind by kind: links, ports and sysctls, addresses, neighbors and forwarding entries of tunnels, nexthops, routes, tables, files; then removals in the opposite order.
 * A kind that `want` leaves out is left alone; an empty list means that all of ours goes.
 * Guarantees:
 * 1. Each kind is observed shortly before it is written, after all that it depends on was written, and only read when it is as wanted.
 * 2. No failure stops what does not depend on it; all are returned.
 * 3. Settings of a link that is not as wanted are not written, since it may be somebody else's.
 * 4. A bridge of ours that is not wanted stays, with its addresses, until all pods on it were moved to the one that is.
 * @throws {Bug} when `want` holds what the planner must never give, e.g. one key twice.
 */
export async function convergeNode(place: NodePlace, want: Partial<NodeState>): Promise<KindOutcome[]> {
  const { exec, procSys, podVeths } = place;
  const { links, ports, sysctls, addresses, routes, tables, files } = want;
  const portsStage = ports && portStage(ports, exec, podVeths);
  const isNeeded = (bridge: string) => portsStage?.isNeeded(bridge) === true;
  const linkWorld = without(commandWorld(linkKind, exec), ({ type, name }) => type === "bridge" && isNeeded(name));
  const linkStage = links && stage(linkKind, links, linkWorld);
  const brokenLinks = () =>
    new Set(
      linkStage?.outcome.unseen === undefined ? linkStage?.outcome.errors.map(({ key }) => key) : links?.map(({ name }) => name),
    );
  const sysctlPaths = (sysctls ?? []).map((sysctl) => sysctl.path);
  const filePaths = [...(files?.want ?? []).map((file) => file.path), ...(files?.ours ?? [])];
  const [nexthops, paths] = routes === undefined ? [] : routeStages(routes, exec);
  const groups = [
    [linkStage],
    [portsStage, sysctls && stage(sysctlKind, sysctls, withoutLinks(sysctlWorld(procSys, sysctlPaths), brokenLinks))],
    [addresses && addressStage(addresses, exec, ({ device }) => isNeeded(device))],
    [...tunnelStages(want, exec), nexthops],
    [paths],
    [tables && stage(tableKind, tables, commandWorld(tableKind, exec))],
    [files && stage(fileKind, files.want, fileWorld(filePaths))],
  ].map((group) => group.filter((found) => found !== undefined));
  await forward(groups);
  const stages = groups.flat();
  for (const each of stages.toReversed()) await each.backward();
  return stages.map((each) => each.outcome);
}

/** Kinds of which others depend: an address goes with its link, a route with its nexthop, and addresses of IPv6 with a setting. */
const ground: ReadonlySet<string> = new Set([linkKind.name, sysctlKind.name, addressName, nexthopKind.name]);

/**
 * All are looked at at once, and what is of one group is written at once; what is written may change what was seen of those that follow, so they are looked at again.
 */
async function forward(groups: readonly (readonly Stage[])[]): Promise<void> {
  for (const each of groups.flat()) each.look();
  for (const [n, group] of groups.entries()) {
    await Promise.all(group.map((each) => each.forward()));
    if (group.some(({ outcome }) => outcome.steps.length > 0 && ground.has(outcome.kind)))
      for (const later of groups.slice(n + 1).flat()) later.forget();
  }
}

function stage<Item>(kind: Kind<Item>, want: readonly Item[], world: World<Item>): Stage {
  return stageOf(kind, () => want, world);
}

function addressStage(addresses: readonly AddressItem[], exec: Exec, isLeft: (item: AddressItem) => boolean): Stage {
  const kind = addressKindOn(tunnelsOf(addresses));
  return stage(kind, addresses, without(commandWorld(kind, exec), isLeft));
}

/** What stands on tunnels; none where no tunnel is wanted, for then there is none, and so nothing to look at. */
function tunnelStages({ links = [], neighbors, fdb }: Partial<NodeState>, exec: Exec): Stage[] {
  const tunnels = links.filter(({ type }) => type === "vxlan").map(({ name }) => name);
  if (tunnels.length === 0) return [];
  const [neighborKind, fdbKind] = [neighborKindOn(tunnels), fdbKindOn(tunnels)];
  return [
    ...(neighbors === undefined ? [] : [stage(neighborKind, neighbors, commandWorld(neighborKind, exec))]),
    ...(fdb === undefined ? [] : [stage(fdbKind, fdb, commandWorld(fdbKind, exec))]),
  ];
}

/** Nexthop objects, and the routes by their numbers, which are known only when they are made. */
function routeStages(routes: readonly RouteItem[], exec: Exec): [nexthops: Stage, routes: Stage] {
  const nexthops = nexthopStage(routes, exec);
  let kind = routeKind;
  const forward = async () => {
    await nexthops.forward();
    kind = routeKindBy(nexthops.numbers(), routes);
  };
  const world: World<RouteItem> = {
    observe: () => commandWorld(kind, exec).observe(),
    apply: (steps) => commandWorld(kind, exec).apply(steps),
  };
  return [{ ...nexthops, forward }, stage({ ...routeKind, differs: (want, have) => kind.differs(want, have) }, routes, world)];
}

/** The same world, in which some items are not seen, and so left as they are. */
function without<Item>(world: World<Item>, isUnseen: (item: Item) => boolean): World<Item> {
  return { ...world, observe: async () => (await world.observe()).filter((item) => !isUnseen(item)) };
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
