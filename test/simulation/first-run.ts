import assert from "node:assert/strict";
import { nodeNetworkResource, nodeSubnetResource, podNetworkResource } from "../../crds/names.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork, PodNetworkSpec } from "../../crds/types.ts";
import { nodes } from "../../lib/kube/builtin.ts";
import type { Resource } from "../../lib/kube/resource.ts";
import { prefixesOverlap, toPrefix } from "../../lib/net/prefix.ts";
import { createNetwork, createNode, networkMoves, nodeMoves } from "./cluster-moves.ts";
import { coreKinds, customKinds, otherKinds } from "./known-kinds.ts";
import { processMoves, serverMoves } from "./move.ts";
import { operatorProgram } from "./operator-program.ts";
import type { Schedule } from "./run-schedule.ts";
import type { Invariant, World } from "./world.ts";

const podNetworks: Resource<PodNetwork> = podNetworkResource;
const nodeSubnets: Resource<NodeSubnet> = nodeSubnetResource;
const nodeNetworks: Resource<NodeNetwork> = nodeNetworkResource;

const networks: Readonly<Record<string, Partial<PodNetworkSpec>>> = {
  default: { ranges: [range("10.244.0.0/16", 24), range("fd00:10:244::/48", 64)] },
  overlapping: { ranges: [range("10.244.0.0/17", 24)] },
  apart: { ranges: [range("10.99.0.0/20", 24)] },
};

function range(cidr: string, nodePrefixLength: number) {
  return { cidr, nodePrefixLength };
}

/** Two operators without a leader, three networks of which two overlap with one subnet size, up to eight nodes. */
export function firstRun(length: number): Schedule {
  const operator = operatorProgram();
  return {
    kinds: [...coreKinds(), ...customKinds(), ...otherKinds()],
    length,
    invariants: [subnetsAreDisjoint],
    begin(world) {
      createNetwork(world, networks, "default");
      for (let number = 1; number <= 5; number++) createNode(world, number);
      world.start("operator-a", operator);
      world.start("operator-b", operator);
    },
    moves: [
      ...nodeMoves(8),
      ...networkMoves(networks),
      ...processMoves("operator", 3, operator),
      ...serverMoves({ restores: ["bumped"] }),
    ],
    calmDown(world) {
      if (world.processes.every(({ signal }) => signal.aborted)) world.start("operator-last", operator);
    },
    atRest,
  };
}

/** No two claims share an address. Only the claim just written can have broken it. */
export const subnetsAreDisjoint: Invariant = (store, { kind, after, key }) => {
  if (kind.resource.plural !== "nodesubnets" || after === undefined) return;
  const claims = store.list(nodeSubnets);
  const own = claims.find(({ metadata }) => metadata.name === key);
  if (own === undefined) return;
  const prefix = toPrefix(own.spec.cidr);
  for (const other of claims)
    assert.ok(other === own || !prefixesOverlap(prefix, toPrefix(other.spec.cidr)), `${key} overlaps ${other.metadata.name}`);
};

/** Each node has one subnet per family of one network, which its NodeNetwork names; nothing else is claimed, and no network is on its way out. */
function atRest({ view }: World): void {
  const wanted = view.list(podNetworks);
  for (const { metadata } of wanted) assert.equal(metadata.deletionTimestamp, undefined, `${metadata.name} is still leaving`);
  const families = new Map(
    wanted.map(({ metadata, spec }) => [metadata.uid, new Set(spec.ranges.map(({ cidr }) => cidr.includes(":"))).size]),
  );
  const claims = Map.groupBy(view.list(nodeSubnets), ({ spec }) => spec.nodeUID);
  for (const { metadata } of view.list(nodes)) {
    const own = claims.get(metadata.uid) ?? [];
    claims.delete(metadata.uid);
    const [first] = own;
    const expected = families.get(first?.spec.networkUID ?? "") ?? 0;
    if (metadata.deletionTimestamp !== undefined) continue;
    assert.ok(
      own.every(({ spec }) => spec.networkUID === first?.spec.networkUID),
      `${metadata.name} has claims of two networks`,
    );
    assert.equal(own.length, expected, `${metadata.name} has ${own.length} subnets`);
    assert.ok(expected > 0 || wanted.length === 0, `${metadata.name} has no subnet`);
    // What an earlier Node of the name was told stays until a later one is.
    const record = view.get(nodeNetworks, metadata.name);
    if (own.length === 0 && record?.spec.nodeUID !== metadata.uid) continue;
    const told = record?.spec.subnets.map(({ cidr }) => cidr) ?? [];
    assert.deepEqual(
      told.toSorted(),
      own.map(({ spec }) => spec.cidr).toSorted(),
      `${metadata.name} is told of other subnets than it has`,
    );
  }
  assert.deepEqual(
    [...claims.values()].flat().map(({ metadata }) => metadata.name),
    [],
    "claims of nodes that are gone",
  );
}
