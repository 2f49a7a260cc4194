import type { PodNetwork, PodNetworkRange, PodNetworkSpec } from "../../crds/types.ts";
import { prefixesOverlap } from "../../lib/net/prefix.ts";
import { tried } from "./admin.ts";
import { samplePodNetwork } from "./api-samples.ts";
import type { Move } from "./move.ts";
import { nodeSubnets, podNetworks, prefixOf, rangeLedgers } from "./truth.ts";
import type { World } from "./world.ts";
import type { Stored } from "../../lib/kube/resource.ts";

/** What people do to PodNetworks. */
export interface NetworkHands {
  /** Creates a network of this name; false where it is there. */
  create(world: World, name: string): boolean;
  readonly names: readonly string[];
  readonly moves: readonly Move[];
  /** Applies all of them, each with a priority of its own, as whoever lost them would. */
  applyAll(world: World): void;
  /** Gives every network that stays a range for each family that it has, or that its nodes have of it, with subnets for all nodes, so that whatever shall be left can be left. */
  giveRoom(world: World): void;
}

/** Ranges that a network of each name begins with; of overlapping networks with different sizes of subnets. */
const first: Readonly<Record<string, readonly PodNetworkRange[]>> = {
  wide: [range("10.0.0.0/25", 29)],
  narrow: [range("10.0.0.64/26", 28)],
  apart: [range("10.0.1.0/26", 29)],
};

/** What nobody else has, for each network. */
const room: Readonly<Record<string, readonly PodNetworkRange[]>> = {
  wide: [range("10.1.0.0/24", 29), range("fd00:11::/56", 64)],
  narrow: [range("10.2.0.0/24", 28), range("fd00:12::/56", 64)],
  apart: [range("10.3.0.0/24", 29), range("fd00:13::/56", 64)],
};

/** What is appended: some overlap others' ranges, or what was removed before. */
const more: readonly PodNetworkRange[] = [
  range("10.0.0.0/26", 28),
  range("10.0.0.64/26", 29),
  range("10.0.0.128/26", 28),
  range("10.0.1.0/26", 29),
  range("10.0.1.32/27", 28),
  range("fd00:10::/60", 64),
  range("fd00:10:0:8::/61", 64),
];

function range(cidr: string, nodePrefixLength: number): PodNetworkRange {
  return { cidr, nodePrefixLength, state: "Active" };
}

/** The hands on networks of a few names. */
export function createNetworkHands(holdSeconds: number): NetworkHands {
  const names = Object.keys(first);
  const create = (world: World, name: string) => {
    const spec: Partial<PodNetworkSpec> = {
      ranges: [...(first[name] ?? [])],
      release: { holdSeconds },
      growth: { maxSubnetsPerNode: 3, addBelowFreeIPs: world.chance.pick([0, 2, 3]) },
      rollout: { maxUnavailableNodes: world.chance.pick([1, "50%", "100%"]), paused: false },
      priority: world.chance.pick([0, 0, 10]),
    };
    return tried(() => world.admin.create(podNetworks, samplePodNetwork(name, spec)));
  };
  const onOne =
    (act: (world: World, network: Stored<PodNetwork>) => boolean): Move["make"] =>
    (world) => {
      const found = world.view.list(podNetworks).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      return found.length > 0 && act(world, world.chance.pick(found));
    };
  const patch = (world: World, { metadata }: Stored<PodNetwork>, spec: object) => {
    world.admin.patch(podNetworks, metadata.name, { spec });
    return true;
  };
  const moves: Move[] = [
    { name: "networkCreated", weight: 3, make: (world) => create(world, world.chance.pick(names)) },
    { name: "networksCreated", weight: 1, make: (world) => names.map((name) => create(world, name)).some(Boolean) },
    {
      name: "networkDeleted",
      weight: 2,
      make: onOne((world, { metadata }) => {
        world.admin.delete(podNetworks, metadata.name);
        return true;
      }),
    },
    { name: "rangeAppended", weight: 2, make: onOne((world, network) => append(world, network, patch)) },
    {
      name: "rangeDrained",
      weight: 2,
      make: onOne((world, network) => setState(world, network, "Draining", patch)),
    },
    { name: "rangeUndone", weight: 2, make: onOne((world, network) => setState(world, network, "Active", patch)) },
    {
      name: "rangeRemoved",
      weight: 1,
      make: onOne((world, network) => {
        const { ranges } = network.spec;
        const gone = world.chance.pick(ranges);
        return ranges.length > 1 && patch(world, network, { ranges: ranges.filter((one) => one !== gone) });
      }),
    },
    {
      name: "priorityChanged",
      weight: 1,
      make: onOne((world, network) => patch(world, network, { priority: world.chance.pick([0, 5, 10, 20]) })),
    },
    {
      name: "selectorChanged",
      weight: 0.7,
      make: onOne((world, network) =>
        patch(world, network, { nodeSelector: world.chance.pick([{ matchLabels: null }, { matchLabels: { zone: "a" } }]) }),
      ),
    },
    {
      name: "rolloutPaused",
      weight: 0.5,
      make: onOne((world, network) => patch(world, network, { rollout: { paused: !network.spec.rollout.paused } })),
    },
    {
      name: "settingChanged",
      weight: 0.5,
      make: onOne((world, network) =>
        patch(world, network, { cni: { confName: world.chance.pick(["10-podnet.conflist", "05-podnet.conflist"]) } }),
      ),
    },
  ];
  return {
    create,
    names,
    moves,
    applyAll(world) {
      for (const [at, name] of names.entries()) {
        create(world, name);
        tried(() => world.admin.patch(podNetworks, name, { spec: { priority: 100 + at } }));
      }
    },
    giveRoom(world) {
      const entries = world.view.list(rangeLedgers).flatMap(({ spec }) => spec.entries);
      const claims = world.view.list(nodeSubnets).map(({ spec }) => spec);
      for (const network of world.view.list(podNetworks)) {
        const { ranges, nodeSelector } = network.spec;
        const { name, uid, deletionTimestamp } = network.metadata;
        const [used, held] = [entries, claims].map((some) => some.filter(({ networkUID }) => networkUID === uid));
        const families = new Set([...ranges, ...(used ?? []), ...(held ?? [])].map(({ cidr }) => prefixOf(cidr).family));
        const isLacking = ({ cidr }: PodNetworkRange) =>
          families.has(prefixOf(cidr).family) && !ranges.some((range) => range.cidr === cidr);
        const lacking = (room[name] ?? []).filter(isLacking);
        const isClosing = entries.some(({ networkUID, state }) => networkUID === uid && state === "Closing");
        const isMoving = isClosing || ranges.some(({ state }) => state === "Draining");
        // Nodes that the selector no longer matches get nothing new to move to.
        const isSelective = isMoving && nodeSelector?.matchLabels !== undefined;
        if (deletionTimestamp !== undefined || (lacking.length === 0 && !isSelective)) continue;
        patch(world, network, {
          ...(lacking.length > 0 && { ranges: [...ranges, ...lacking] }),
          ...(isSelective && { nodeSelector: { matchLabels: null } }),
        });
      }
    },
  };
}

type Patch = (world: World, network: Stored<PodNetwork>, spec: object) => boolean;

function append(world: World, network: Stored<PodNetwork>, patch: Patch): boolean {
  const { ranges } = network.spec;
  const fitting = more.filter(({ cidr }) => !ranges.some((one) => prefixesOverlap(prefixOf(one.cidr), prefixOf(cidr))));
  if (fitting.length === 0) return false;
  return patch(world, network, { ranges: [...ranges, world.chance.pick(fitting)] });
}

function setState(world: World, network: Stored<PodNetwork>, state: "Active" | "Draining", patch: Patch): boolean {
  const { ranges } = network.spec;
  const fitting = ranges.filter((one) => one.state !== state);
  if (fitting.length === 0) return false;
  const chosen = world.chance.pick(fitting);
  return patch(world, network, { ranges: ranges.map((one) => (one === chosen ? { ...one, state } : one)) });
}
