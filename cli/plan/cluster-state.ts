import type { NodeNetwork, NodeSubnet, PodNetwork, RangeLedger } from "../../crds/types.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import type { KubeObject, Stored } from "../../lib/kube/resource.ts";
import type { ServiceRange } from "../../lib/kube/service-ranges.ts";
import { parseLoosePrefix } from "../../lib/net/prefix.ts";
import { compareText } from "../../lib/text/order.ts";
import { readClaim, readLedger, readNetwork, readNode, readRecord } from "../../operator/plan/read.ts";
import type { Snapshot } from "../../operator/plan/snapshot.ts";
import { machineAliases, projectNode, projectObject, withoutMachine } from "./project.ts";

/** All objects of a cluster that a plan is made of. */
export interface ClusterState {
  /** When it was read, RFC 3339. */
  readonly takenAt: string;
  readonly ledger: Stored<RangeLedger> | undefined;
  readonly nodeNetworks: readonly Stored<NodeNetwork>[];
  readonly nodeSubnets: readonly Stored<NodeSubnet>[];
  readonly podNetworks: readonly Stored<PodNetwork>[];
  readonly nodes: readonly Stored<Node>[];
  /** Where Services get their addresses from. */
  readonly serviceRanges: readonly ServiceRange[];
}

/** The same with nothing that no plan reads, each list in the order of its names. */
export function projectState(state: ClusterState): ClusterState {
  const aliasOf = machineAliases();
  return {
    takenAt: state.takenAt,
    nodes: byName(state.nodes).map((node) => projectNode(node, aliasOf)),
    ledger: state.ledger && only(state.ledger),
    nodeNetworks: byName(state.nodeNetworks).map((object) => only(withoutMachine(object, aliasOf))),
    nodeSubnets: byName(state.nodeSubnets).map(only),
    podNetworks: byName(state.podNetworks).map(only),
    serviceRanges: state.serviceRanges.toSorted((a, b) => compareText(a.by + a.cidr, b.by + b.cidr)),
  };
}

/** The state as the operator's plans read it. */
export function readState({ ledger, nodeNetworks, nodeSubnets, podNetworks, nodes, serviceRanges }: ClusterState): Snapshot {
  return {
    ledger: ledger && readLedger(ledger),
    records: nodeNetworks.map(readRecord),
    claims: nodeSubnets.flatMap((object) => readClaim(object) ?? []),
    networks: podNetworks.map(readNetwork),
    nodes: nodes.map(readNode),
    services: serviceRanges.flatMap(({ cidr }) => parseLoosePrefix(cidr) ?? []),
  };
}

function only<T extends KubeObject & { spec: unknown; status?: unknown }>(object: Stored<T>): Stored<T> {
  return { ...object, ...projectObject(object) };
}

function byName<T extends KubeObject>(items: readonly Stored<T>[]): Stored<T>[] {
  return items.toSorted((a, b) => compareText(a.metadata.name, b.metadata.name));
}
