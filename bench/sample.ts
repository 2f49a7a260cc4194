import { labels, nodeSubnetName } from "../crds/names.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork } from "../crds/types.ts";
import type { ConfigMap, Node } from "../lib/kube/builtin.ts";
import type { Stored } from "../lib/kube/resource.ts";

/** The name of node number 7 is `"bench-00007"`. */
export function nodeName(number: number): string {
  return `bench-${String(number).padStart(5, "0")}`;
}

/** A Node as its kubelet registers it; number 0 to 1,048,575 has an address of its own in 172.16.0.0/12. */
export function nodeSample(number: number): Node {
  const name = nodeName(number);
  const address = [172, 16 + (number >>> 16), (number >>> 8) & 255, number & 255].join(".");
  return {
    metadata: {
      name,
      labels: { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" },
    },
    status: {
      addresses: [
        { type: "InternalIP", address },
        { type: "Hostname", address: name },
      ],
    },
  };
}

/** The ranges that the contenders cut /24s from, the smallest that has enough for `count` nodes; e.g. `"10.0.0.0/11"` for 5,000. */
export function rangeFor(count: number): string {
  return `10.0.0.0/${24 - Math.ceil(Math.log2(count + 16))}`;
}

/** The network that all nodes join. */
export function networkSample(count: number): PodNetwork {
  // With very many nodes the range has the Services' addresses in it.
  const spec = { ranges: [{ cidr: rangeFor(count), nodePrefixLength: 24 }], overlapPolicy: { services: "Warn" } };
  return JSON.parse(JSON.stringify({ metadata: { name: "bench" }, spec }));
}

/** A network of so many /28s one after the other in FIRST.0.0.0/8, where network number 1 begins behind number 0. */
export function rangedNetwork(name: string, first: number, number: number, count: number): PodNetwork {
  const ranges = Array.from({ length: count }, (_, index) => {
    const at = (number * count + index) * 16;
    return {
      cidr: [first, (at >>> 16) & 255, (at >>> 8) & 255, at & 255].join(".") + "/28",
      nodePrefixLength: 30,
      state: "Active",
    };
  });
  return JSON.parse(
    JSON.stringify({ apiVersion: "podnet.dev/v1alpha1", kind: "PodNetwork", metadata: { name }, spec: { ranges } }),
  );
}

/** A claim as the operator creates it, of a prefix that no network has. */
export function claimSample(number: number): NodeSubnet {
  const cidr = `100.${64 + (number >>> 8)}.${number & 255}.0/24`;
  const node = nodeName(number);
  return {
    apiVersion: "podnet.dev/v1alpha1",
    kind: "NodeSubnet",
    metadata: { name: nodeSubnetName(cidr), labels: { [labels.network]: "plain", [labels.node]: node } },
    spec: {
      network: "plain",
      networkUID: "00000000-0000-4000-8000-000000000000",
      node,
      nodeUID: "00000000-0000-4000-8000-000000000001",
      cidr,
      state: "Pending",
      incarnation: "00000000-0000-4000-8000-000000000002",
      epoch: 1,
      nextHops: ["192.168.200.200"],
      nodeAddresses: ["192.168.200.200"],
    },
  };
}

/** A ConfigMap whose JSON is as long as that of `claimSample`. */
export function configMapSample(number: number): ConfigMap {
  const object = { metadata: { name: `bench-${number}`, namespace: "default" }, data: { fill: "" } };
  const missing = JSON.stringify(claimSample(number)).length - JSON.stringify(object).length;
  return { ...object, data: { fill: "x".repeat(Math.max(0, missing)) } };
}

/** What an agent reports that did all it was told. */
export function reportSample({ spec, metadata }: Stored<NodeNetwork>, now: Date): NonNullable<NodeNetwork["status"]> {
  const gateway = spec.subnets.map(({ cidr }) => cidr.replace(/0\/(\d+)$/, "1/$1")).join(", ");
  return {
    observedAt: now.toISOString(),
    nodeUID: spec.nodeUID,
    machineID: `machine-${metadata.name}`,
    bootID: `boot-${metadata.name}`,
    acknowledged: { incarnation: spec.incarnation, sequence: 0 },
    subnets: spec.subnets.map(({ cidr }) => ({ cidr, leases: 3, free: 250 })),
    configGeneration: spec.configGeneration,
    summary: { bridge: `cni0 ${gateway}` },
    conditions: [
      {
        type: "Programmed",
        status: "True",
        reason: "Programmed",
        message: "",
        lastTransitionTime: now.toISOString(),
        observedGeneration: metadata.generation ?? 0,
      },
    ],
  };
}
