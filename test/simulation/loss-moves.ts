import type { KubeObject, Resource } from "../../lib/kube/resource.ts";
import { at, tellOfAll, without } from "./evidence.ts";
import type { Move } from "./move.ts";
import { actAsWorld, excuse, nodeNetworks, nodeSubnets, noteErased, rangeLedgers, type Truth } from "./truth.ts";
import type { Versions, World } from "./world.ts";

/** What may be lost at once. */
const losses: readonly (readonly Resource<KubeObject>[])[] = [
  [nodeSubnets],
  [rangeLedgers],
  [nodeNetworks],
  [nodeSubnets, rangeLedgers],
  [nodeNetworks, rangeLedgers],
  [nodeNetworks, nodeSubnets],
  [nodeNetworks, nodeSubnets, rangeLedgers],
];

/** Objects of ours are erased, some or all of a kind, or the whole store is restored from a backup. */
export function lossMoves(truth: Truth): Move[] {
  return [
    {
      name: "objectsErased",
      weight: 1,
      make: (world) => {
        const kinds = world.chance.pick(losses);
        if (!tellOfAll(truth, world, without(world, { kinds }))) return false;
        truth.hasLost = true;
        actAsWorld(truth, world, () => {
          for (const resource of kinds) eraseAll(world, resource);
        });
        return true;
      },
    },
    {
      name: "claimErased",
      weight: 1,
      make: (world) => {
        const found = world.view.list(nodeSubnets);
        if (found.length === 0 || !tellOfAll(truth, world, without(world, { kinds: [nodeSubnets] }))) return false;
        truth.hasLost = true;
        actAsWorld(truth, world, () => world.admin.erase(nodeSubnets, world.chance.pick(found).metadata.name));
        return true;
      },
    },
    ...(["bumped", "rewound"] as const).map((versions) => ({
      name: `restored ${versions}`,
      weight: 0.5,
      make: (world: World) => restoreSome(truth, world, versions),
    })),
  ];
}

function eraseAll(world: World, resource: Resource<KubeObject>): void {
  for (const { metadata } of world.view.list(resource)) world.admin.erase(resource, metadata.name);
}

/** A restore of a backup from before some of the last writes, as old as it may be. */
function restoreSome(truth: Truth, world: World, versions: Versions): boolean {
  const { chance, server, view } = world;
  const newest = server.store.revision();
  let revision = Math.max(1, newest - 1 - chance.below(chance.pick([5, 50, 400])));
  while (revision < newest && !tellOfAll(truth, world, at(world, revision))) revision++;
  if (revision === newest) return false;
  const had = new Map(view.list(nodeSubnets).map(({ spec }) => [spec.cidr, spec.node]));
  world.restore(revision, chance.pick([50, 2_000]), versions);
  truth.hasLost = true;
  if (versions === "rewound") {
    truth.wasRewound = true;
    for (const process of world.processes) truth.fromBeforeRewind.add(process);
  }
  truth.restoredAtMs = world.scheduler.now();
  for (const { spec } of view.list(nodeSubnets)) had.delete(spec.cidr);
  for (const [cidr, node] of had) noteErased(truth, world, cidr, node);
  for (const [key, given] of truth.epochs) if (given.revision > revision) truth.epochs.delete(key);
  excuse(truth, view);
  return true;
}
