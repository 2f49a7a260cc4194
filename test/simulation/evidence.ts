import type { NodeNetwork, NodeSubnet } from "../../crds/types.ts";
import { type Node, nodes } from "../../lib/kube/builtin.ts";
import type { KubeObject, Resource, Stored } from "../../lib/kube/resource.ts";
import { readNode } from "../../operator/plan/read.ts";
import { hadNetwork } from "../../operator/plan/recovery-wait.ts";
import type { Machine } from "./machine.ts";
import { nodeNetworks, nodeSubnets, toldOf, type Truth } from "./truth.ts";
import type { World } from "./world.ts";

/** Gives all objects of a kind. */
type Lister = <T extends KubeObject>(resource: Resource<T>) => readonly Stored<T>[];

/**
 * Whether these objects tell of every running machine that has subnets, or was told to: its claims, its NodeNetwork or its Node's condition. Of what none of them
 * tells, nobody can know, and no protocol can keep it (docs/allocation.md, what is assumed).
 */
export function tellOfAll(truth: Truth, world: World, list: Lister, machines: readonly Machine[] = truth.machines): boolean {
  const objects = { known: list(nodes), claims: list(nodeSubnets), records: list(nodeNetworks) };
  return machines.every((machine) => {
    const told = world.view.get(nodeNetworks, machine.node)?.spec.subnets.map(({ cidr }) => cidr) ?? [];
    const has = [...machine.bridge.keys(), ...told, ...toldOf(truth, world, machine)];
    return !machine.isOn || has.length === 0 || tells(machine, has, objects);
  });
}

interface Objects {
  readonly known: readonly Stored<Node>[];
  readonly claims: readonly Stored<NodeSubnet>[];
  readonly records: readonly Stored<NodeNetwork>[];
}

function tells({ node, machineID }: Machine, has: readonly string[], { known, claims, records }: Objects): boolean {
  const own = known.find(({ metadata, status }) => metadata.name === node && status?.nodeInfo?.machineID === machineID);
  const record = records.find(({ metadata }) => metadata.name === node);
  const named = new Set([...(record?.spec.subnets ?? []), ...(record?.status?.subnets ?? [])].map(({ cidr }) => cidr));
  const claimed = new Set(
    claims.filter(({ spec }) => spec.node === node && spec.state !== "Pending").map(({ spec }) => spec.cidr),
  );
  if (own !== undefined && hadNetwork(readNode(own))) return true;
  return has.every((cidr) => named.has(cidr) || claimed.has(cidr));
}

/** What there is now, without some kinds, or without the Node of a name. */
export function without(
  { view }: Pick<World, "view">,
  gone: { readonly kinds?: readonly Resource<KubeObject>[]; readonly node?: string },
): Lister {
  return (resource) => {
    if (gone.kinds?.some(({ plural }) => plural === resource.plural) === true) return [];
    const all = view.list(resource);
    return resource.plural === "nodes" ? all.filter(({ metadata }) => metadata.name !== gone.node) : all;
  };
}

/** What there was at a revision. */
export function at({ server: { store } }: Pick<World, "server">, revision: number): Lister {
  return <T extends KubeObject>(resource: Resource<T>) => {
    const kind = store.kindOf(resource);
    const found: readonly unknown[] = kind === undefined ? [] : store.listAt(kind, revision).map(({ object }) => object);
    return found as readonly Stored<T>[];
  };
}
