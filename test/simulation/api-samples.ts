import { apiVersion, nodeSubnetName } from "../../crds/names.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork } from "../../crds/types.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import { copyJson } from "./plain-json.ts";

/** A Node, e.g. node-3 with the address 192.168.1.13, as its kubelet makes it. */
export function sampleNode(name: string, address: string, labels: Record<string, string> = {}): Node {
  return { metadata: { name, labels }, status: { addresses: [{ type: "InternalIP", address }] } };
}

/** A PodNetwork as a person writes it: the defaults are left to the server. */
export function samplePodNetwork(name: string, spec: Partial<PodNetwork["spec"]>): PodNetwork {
  return copyJson({ apiVersion, kind: "PodNetwork", metadata: { name }, spec }) as object as PodNetwork;
}

/** A NodeNetwork of one subnet. */
export function sampleNodeNetwork(name: string, configGeneration = 1): NodeNetwork {
  return {
    apiVersion,
    kind: "NodeNetwork",
    metadata: { name },
    spec: {
      configGeneration,
      incarnation: "contract",
      nodeUID: `uid-of-${name}`,
      network: "contract",
      networkUID: "uid-of-contract",
      subnets: [{ cidr: "10.77.1.0/24", state: "Active" }],
      growth: { addBelowFreeIPs: 0 },
      nodeAddresses: ["192.168.1.11"],
      podRanges: ["10.77.0.0/16"],
      mtu: { mode: "Auto" },
      masquerade: { enabled: true },
      cni: { confName: "10-podnet.conflist", bridge: "cni0", hairpin: true, portMap: true },
    },
  };
}

/** A claim of a prefix. */
export function sampleNodeSubnet(cidr: string, node: string, labels: Record<string, string> = {}): NodeSubnet {
  const spec: NodeSubnet["spec"] = {
    network: "contract",
    networkUID: "uid-of-contract",
    node,
    nodeUID: `uid-of-${node}`,
    cidr,
    state: "Active",
    incarnation: "contract",
    epoch: 1,
    nextHops: [],
    nodeAddresses: [],
  };
  return { apiVersion, kind: "NodeSubnet", metadata: { name: nodeSubnetName(cidr), labels }, spec };
}
