import type { PodNetwork, PodNetworkSpec } from "../../crds/types.ts";
import { podNetworkResource } from "../../crds/names.ts";
import { nodes } from "../../lib/kube/builtin.ts";
import type { Resource } from "../../lib/kube/resource.ts";
import { tried } from "./admin.ts";
import { sampleNode, samplePodNetwork } from "./api-samples.ts";
import type { Move } from "./move.ts";
import type { World } from "./world.ts";

const podNetworks: Resource<PodNetwork> = podNetworkResource;

/** What kubelets, cloud controllers and people do to Nodes; at most `count` are there, `node-1` and up, in zone a or b. */
export function nodeMoves(count: number): Move[] {
  const onOne =
    (act: (world: World, name: string) => void): Move["make"] =>
    (world) => {
      const found = world.view.list(nodes);
      if (found.length === 0) return false;
      act(world, world.chance.pick(found).metadata.name);
      return true;
    };
  return [
    { name: "nodeCreated", weight: 8, make: (world) => createNode(world, 1 + world.chance.below(count)) },
    { name: "nodeDeleted", weight: 4, make: onOne((world, name) => world.admin.erase(nodes, name)) },
    {
      name: "nodeRecreated",
      weight: 2,
      make: onOne((world, name) => {
        world.admin.erase(nodes, name);
        createNode(world, Number(name.slice("node-".length)));
      }),
    },
    {
      name: "nodeRelabelled",
      weight: 2,
      make: onOne((world, name) => world.admin.patch(nodes, name, { metadata: { labels: zone(world) } })),
    },
    {
      name: "nodeMoved",
      weight: 2,
      make: onOne((world, name) => {
        const addresses = [{ type: "InternalIP", address: `192.168.${1 + world.chance.below(5)}.${name.slice("node-".length)}` }];
        world.admin.patch(nodes, name, { status: { addresses } }, "status");
      }),
    },
    {
      name: "nodeTerminating",
      weight: 1,
      make: onOne((world, name) => {
        tried(() => world.admin.patch(nodes, name, { metadata: { finalizers: ["test.podnet.dev/stuck"] } }));
        world.admin.delete(nodes, name);
      }),
    },
  ];
}

/** Creates `node-N`; false where it is there. */
export function createNode(world: World, number: number): boolean {
  return tried(() => world.admin.create(nodes, sampleNode(`node-${number}`, `192.168.1.${10 + number}`, zone(world))));
}

function zone(world: World): Record<string, string> {
  return { zone: world.chance.pick(["a", "b"]) };
}

/** What people do to PodNetworks: each of these comes and goes. */
export function networkMoves(specs: Readonly<Record<string, Partial<PodNetworkSpec>>>): Move[] {
  const names = Object.keys(specs);
  return [
    { name: "networkCreated", weight: 3, make: (world) => createNetwork(world, specs, world.chance.pick(names)) },
    {
      name: "networkDeleted",
      weight: 2,
      make: (world) => {
        const found = world.view.list(podNetworks).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
        if (found.length === 0) return false;
        world.admin.delete(podNetworks, world.chance.pick(found).metadata.name);
        return true;
      },
    },
  ];
}

/** Creates a network of this name; false where it is there. */
export function createNetwork(world: World, specs: Readonly<Record<string, Partial<PodNetworkSpec>>>, name: string): boolean {
  return tried(() => world.admin.create(podNetworks, samplePodNetwork(name, specs[name] ?? {})));
}
