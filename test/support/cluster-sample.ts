import type { ClusterState } from "../../cli/plan/cluster-state.ts";
import { annotations, claimsFinalizer, labels } from "../../crds/names.ts";
import type { NodeNetwork } from "../../crds/types.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import { readNetwork, readNode } from "../../operator/plan/read.ts";
import { settle } from "../../operator/plan/settle.ts";
import { bornAt, type NetworkPart, podNetwork, storedMeta } from "./plan-snapshot.ts";

const takenAt = "2026-01-01T01:00:00.000Z";

/** What a Node of the sample has beside a name. */
export interface SampleNode {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly pool?: string;
  readonly podCIDRs?: string[];
  /** Pods with an address of its first subnet. */
  readonly pods?: number;
}

/** A cluster at rest: networks of these, nodes of those, and agents that have programmed everything. */
export function clusterAtRest(networks: readonly NetworkPart[], nodes: readonly SampleNode[]): ClusterState {
  const podNetworks = networks.map((part) => podNetwork({ ...part, meta: { finalizers: [claimsFinalizer], ...part.meta } }));
  const machines = nodes.map(nodeOf);
  const start = {
    ledger: undefined,
    networks: podNetworks.map(readNetwork),
    nodes: machines.map(readNode),
    claims: [],
    records: [],
  };
  const { snapshot } = settle(start, { nowMs: Date.parse(bornAt), newIncarnation: "first", recoverySeconds: 300 });
  const pods = new Map(nodes.map((node) => [node.name, node.pods ?? 0]));
  return {
    takenAt,
    ledger: snapshot.ledger && { ...snapshot.ledger.object, metadata: storedMeta("cluster") },
    podNetworks,
    nodes: machines,
    serviceRanges: [{ cidr: "10.96.0.0/16", by: "ServiceCIDR/kubernetes" }],
    nodeSubnets: snapshot.claims.map(({ object }) => ({ ...object, metadata: storedMeta(object.metadata.name) })),
    nodeNetworks: snapshot.records.map(({ object }) => reported(object, pods.get(object.metadata.name) ?? 0)),
  };
}

/** Four nodes in one network, two in another, one of which is confirmed to go. */
export function sampleCluster(): ClusterState {
  const inPool = (pool: string) => ({ nodeSelector: { matchLabels: { pool } } });
  const confirmed = { annotations: { [annotations.confirmDelete]: "retired" } };
  return clusterAtRest(
    [
      { name: "default", spec: { ranges: [{ cidr: "10.244.0.0/24", nodePrefixLength: 27 }], ...inPool("core") } },
      { name: "lab", spec: { ranges: [{ cidr: "10.250.0.0/24", nodePrefixLength: 28 }], ...inPool("lab") } },
      { name: "retired", spec: { ranges: [{ cidr: "10.251.0.0/24", nodePrefixLength: 28 }], ...inPool("old") }, meta: confirmed },
    ],
    [
      ...[1, 2, 3, 4].map((number) => ({ name: `node-${number}`, addresses: [`192.168.1.1${number}`], pool: "core", pods: 3 })),
      { name: "node-5", addresses: ["192.168.1.15"], pool: "lab", pods: 2 },
      { name: "node-6", addresses: ["192.168.1.16"], pool: "old", pods: 1 },
      { name: "node-7", addresses: ["192.168.1.17"], pool: "edge", podCIDRs: ["10.9.7.0/24"] },
      { name: "node-8", addresses: ["192.168.1.18"] },
    ],
  );
}

function nodeOf({ name, addresses, pool, podCIDRs = [] }: SampleNode): Stored<Node> {
  return {
    metadata: { ...storedMeta(name), labels: { ...(pool !== undefined && { pool }), [labels.node]: name } },
    spec: { podCIDRs },
    status: {
      nodeInfo: { machineID: `secret-${name}`, bootID: `secret-boot-${name}` },
      addresses: addresses.map((address) => ({ type: "InternalIP", address })),
      conditions: [
        { type: "Ready", status: "True", reason: "KubeletReady", lastHeartbeatTime: takenAt },
        { type: "MemoryPressure", status: "False" },
      ],
    },
  };
}

function reported(object: NodeNetwork, pods: number): Stored<NodeNetwork> {
  const { spec } = object;
  return {
    ...object,
    metadata: storedMeta(object.metadata.name),
    status: {
      configGeneration: spec.configGeneration,
      observedAt: takenAt,
      nodeUID: spec.nodeUID,
      machineID: `secret-${object.metadata.name}`,
      bootID: `secret-boot-${object.metadata.name}`,
      acknowledged: { incarnation: spec.incarnation, sequence: 0 },
      subnets: spec.subnets.map(({ cidr }, index) => ({ cidr, leases: index === 0 ? pods : 0, free: 20 })),
      conditions: [
        {
          type: "Programmed",
          status: "True",
          reason: "Programmed",
          message: "",
          observedGeneration: 1,
          lastTransitionTime: bornAt,
        },
      ],
    },
  };
}
