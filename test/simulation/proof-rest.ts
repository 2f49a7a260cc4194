import assert from "node:assert/strict";
import { ledgerName } from "../../crds/names.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork } from "../../crds/types.ts";
import { openSubnets } from "../../cni/plan/conflist.ts";
import { type Node, nodes } from "../../lib/kube/builtin.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import { containsPrefix, prefixesOverlap, renderPrefix, subnetAt, subnetCount } from "../../lib/net/prefix.ts";
import { selects } from "../../crds/selector.ts";
import { conflistOf, type Machine } from "./machine.ts";
import { nodeNetworks, nodeSubnets, podNetworks, prefixOf, rangeLedgers, type Truth } from "./truth.ts";
import type { World } from "./world.ts";

/** Throws as long as not everything is as it must be in the end. */
export function proofAtRest(truth: Truth, world: World): void {
  networksAreSettled(world);
  ledgerIsRight(world);
  claimsAreRight(world);
  for (const record of world.view.list(nodeNetworks)) recordIsRight(truth, world, record);
  for (const machine of truth.machines) if (machine.isOn) machineIsRight(world, machine);
  for (const node of world.view.list(nodes)) if (node.metadata.deletionTimestamp === undefined) nodeIsComplete(world, node);
}

function networksAreSettled({ view }: World): void {
  for (const { metadata } of view.list(podNetworks))
    assert.equal(metadata.deletionTimestamp, undefined, `${metadata.name} is still leaving`);
}

/** The ledger has every range that somebody wants and nobody else has, and none besides. */
function ledgerIsRight({ view }: World): void {
  const networks = view.list(podNetworks);
  const spec = view.get(rangeLedgers, ledgerName)?.spec;
  assert.ok(spec !== undefined || networks.length === 0, "there is no ledger");
  if (spec === undefined) return;
  assert.equal(spec.recovery, undefined, "recovery is not over");
  for (const entry of spec.entries) {
    assert.equal(entry.state, "Open", `${entry.cidr} of ${entry.network} is still closing`);
    const network = networks.find(({ metadata }) => metadata.uid === entry.networkUID);
    const isWanted = network?.spec.ranges.some(
      ({ cidr, nodePrefixLength }) => cidr === entry.cidr && nodePrefixLength === entry.nodePrefixLength,
    );
    assert.ok(isWanted === true, `nobody wants ${entry.cidr} of ${entry.network}`);
  }
  for (const { metadata, spec: wanted } of networks)
    for (const range of wanted.ranges) {
      const isIn = spec.entries.some((entry) => prefixesOverlap(prefixOf(entry.cidr), prefixOf(range.cidr)));
      assert.ok(isIn, `${range.cidr} of ${metadata.name} is not accepted, and nothing is in its way`);
    }
}

function claimsAreRight({ view }: World): void {
  const entries = view.get(rangeLedgers, ledgerName)?.spec.entries ?? [];
  for (const { metadata, spec } of view.list(nodeSubnets)) {
    assert.ok(
      spec.state === "Active" || isStuckIn(view.get(podNetworks, spec.network), spec),
      `${metadata.name} is ${spec.state}`,
    );
    assert.equal(view.get(nodes, spec.node)?.metadata.uid, spec.nodeUID, `${metadata.name} is of a Node that is gone`);
    const entry = entries.find(({ cidr }) => containsPrefix(prefixOf(cidr), prefixOf(spec.cidr)));
    assert.equal(entry?.networkUID, spec.networkUID, `${metadata.name} lies in no entry of its network`);
    const named = view.get(nodeNetworks, spec.node)?.spec.subnets ?? [];
    assert.ok(
      named.some(({ cidr }) => cidr === spec.cidr),
      `${metadata.name} is not named by the NodeNetwork of ${spec.node}`,
    );
  }
}

/** A range that is drained with nothing to go to drains for ever. */
function isStuckIn(_network: Stored<PodNetwork> | undefined, { state }: NodeSubnet["spec"]): boolean {
  return state === "Active";
}

function recordIsRight({ machines }: Truth, { view }: World, { metadata, spec, status }: Stored<NodeNetwork>): void {
  const { name } = metadata;
  const node = view.get(nodes, name);
  assert.equal(node?.metadata.uid, spec.nodeUID, `NodeNetwork ${name} is of a Node that is gone`);
  assert.equal(status?.configGeneration, spec.configGeneration, `${name} is not programmed: ${conditionsOf(status)}`);
  assert.deepEqual(status?.lost ?? [], [], `${name} misses claims`);
  const told = spec.subnets.map(({ cidr }) => cidr).toSorted();
  assert.deepEqual(status?.subnets?.map(({ cidr }) => cidr).toSorted(), told, `${name} has not what it was told`);
  const machine = machines.find(({ machineID }) => machineID === node?.status?.nodeInfo?.machineID);
  assert.deepEqual([...(machine?.bridge.keys() ?? [])].toSorted(), told, `the machine of ${name} has not what it was told`);
  const own = view.list(nodeSubnets).filter((claim) => claim.spec.node === name);
  assert.deepEqual(own.map((claim) => claim.spec.cidr).toSorted(), told, `${name} is told of other subnets than it has`);
}

function conditionsOf(status: NodeNetwork["status"]): string {
  return (status?.conditions ?? []).map(({ reason, message }) => `${reason} ${message}`).join("; ");
}

/** Its configuration offers what it has; its routes go to all others. */
function machineIsRight({ view }: World, machine: Machine): void {
  const { node, machineID, bridge, routes } = machine;
  const claims = view.list(nodeSubnets);
  const own = claims.filter(({ spec }) => spec.node === node && spec.state === "Active").map(({ spec }) => spec.cidr);
  const conflist = conflistOf(machine);
  const offered = (conflist === undefined ? [] : openSubnets(conflist)).map(renderPrefix);
  if (view.get(nodes, node)?.status?.nodeInfo?.machineID !== machineID) {
    assert.deepEqual([...bridge.keys()], [], `${machineID}, which has no Node, still has subnets`);
    assert.deepEqual(offered, [], `${machineID}, which has no Node, still offers subnets`);
    return;
  }
  assert.deepEqual(offered.toSorted(), own.toSorted(), `${machineID} offers other subnets than it has`);
  if (bridge.size === 0) return;
  const others = claims.filter(({ spec }) => spec.node !== node).map(({ spec }) => spec.cidr);
  assert.deepEqual([...routes.keys()].toSorted(), others.toSorted(), `${machineID} routes to other subnets than there are`);
}

/** It has a subnet of every family of its network; or there is none for it, or none is left. */
function nodeIsComplete({ view }: World, node: Stored<Node>): void {
  const { name, labels = {} } = node.metadata;
  const claims = view.list(nodeSubnets).filter(({ spec }) => spec.node === name);
  const [first] = claims;
  const entries = view.get(rangeLedgers, ledgerName)?.spec.entries ?? [];
  const isOpen = (cidr: string, uid: string) => entries.some((entry) => entry.cidr === cidr && entry.networkUID === uid);
  const giving = ({ spec }: Stored<PodNetwork>) => spec.ranges.filter(({ state }) => state === "Active");
  const familyOf = (cidr: string) => (cidr.includes(":") ? 6 : 4);
  const families = (network: Stored<PodNetwork>) => [...new Set(giving(network).map(({ cidr }) => familyOf(cidr)))];
  const hasRoom = (network: Stored<PodNetwork>, family: number) =>
    giving(network)
      .filter(({ cidr }) => familyOf(cidr) === family && isOpen(cidr, network.metadata.uid))
      .some((range) => isRoomIn(view.list(nodeSubnets), range));
  const isUsable = (network: Stored<PodNetwork>) =>
    families(network).length > 0 &&
    families(network).every((family) =>
      giving(network).some(({ cidr }) => familyOf(cidr) === family && isOpen(cidr, network.metadata.uid)),
    );
  if (first !== undefined) {
    const network = view.list(podNetworks).find(({ metadata }) => metadata.uid === first.spec.networkUID);
    assert.ok(network !== undefined, `${name} has subnets of a network that is gone`);
    assert.ok(
      claims.every(({ spec }) => spec.networkUID === first.spec.networkUID),
      `${name} has subnets of two networks`,
    );
    for (const family of families(network)) {
      const has = claims.some(({ spec }) => familyOf(spec.cidr) === family);
      assert.ok(has || !hasRoom(network, family), `${name} lacks an IPv${family} subnet, and there is room for one`);
    }
    return;
  }
  const selecting = view.list(podNetworks).filter((network) => isUsable(network) && selects(network.spec.nodeSelector, labels));
  const highest = Math.max(...selecting.map(({ spec }) => spec.priority));
  const best = selecting.filter(({ spec }) => spec.priority === highest);
  const [only] = best;
  if (best.length !== 1 || only === undefined) return;
  const isPossible = families(only).every((family) => hasRoom(only, family));
  assert.ok(!isPossible, `${name} has nothing of ${only.metadata.name}, which selects it and has room`);
}

function isRoomIn(claims: readonly Stored<NodeSubnet>[], { cidr, nodePrefixLength }: { cidr: string; nodePrefixLength: number }) {
  const prefix = prefixOf(cidr);
  for (let index = 0n; index < subnetCount(prefix, nodePrefixLength); index++) {
    const subnet = subnetAt(prefix, nodePrefixLength, index);
    if (!claims.some(({ spec }) => prefixesOverlap(prefixOf(spec.cidr), subnet))) return true;
  }
  return false;
}
