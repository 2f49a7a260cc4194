import { nodeSubnetName } from "../../crds/names.ts";
import type { Condition, NodeNetwork, NodeSubnet, PodNetwork, PodNetworkSpec, PodNetworkStatus } from "../../crds/types.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import { readClaim, readNetwork, readNode, readRecord } from "../../operator/plan/read.ts";
import type { Claim, Network, NodeFacts, NodeRecord } from "../../operator/plan/snapshot.ts";

/** When every object of these tests was created, unless it says otherwise. */
export const bornAt = "2026-01-01T00:00:00Z";

/** The same in milliseconds. */
export const bornAtMs = Date.parse(bornAt);

type MetaPart = Partial<Stored<PodNetwork>["metadata"]>;

/** Metadata as the server gives it. */
export function storedMeta(name: string, part: MetaPart = {}): Stored<PodNetwork>["metadata"] {
  return { name, uid: `uid-${name}`, resourceVersion: "1", generation: 1, creationTimestamp: bornAt, ...part };
}

export interface NetworkPart {
  readonly name?: string;
  readonly spec?: Partial<PodNetworkSpec>;
  readonly meta?: MetaPart;
  readonly status?: PodNetworkStatus;
}

/** A PodNetwork of 10.244.0.0/16 with /24 per node, or of what `spec` says. */
export function podNetwork({ name = "default", spec = {}, meta = {}, status }: NetworkPart = {}): Stored<PodNetwork> {
  return {
    apiVersion: "podnet.dev/v1alpha1",
    kind: "PodNetwork",
    metadata: storedMeta(name, meta),
    spec: {
      ranges: [{ cidr: "10.244.0.0/16", nodePrefixLength: 24 }],
      mtu: { mode: "Auto" },
      masquerade: { enabled: true },
      cni: { confName: "10-podnet.conflist", bridge: "cni0", hairpin: true, portMap: true },
      ...spec,
    },
    ...(status !== undefined && { status }),
  };
}

/** The same, read. */
export function network(part: NetworkPart = {}): Network {
  return readNetwork(podNetwork(part));
}

/** A network of these ranges, each with /24 or /64 per node. */
export function networkOf(name: string, cidrs: readonly string[], part: Omit<NetworkPart, "name"> = {}): Network {
  const ranges = cidrs.map((cidr) => ({ cidr, nodePrefixLength: cidr.includes(":") ? 64 : 24 }));
  return network({ ...part, name, spec: { ...part.spec, ranges } });
}

export interface NodePart {
  /** `"InternalIP"` addresses. */
  readonly addresses?: readonly string[];
  readonly external?: readonly string[];
  readonly labels?: Record<string, string>;
  readonly conditions?: NonNullable<Node["status"]>["conditions"];
  readonly meta?: MetaPart;
}

/** A Node; node-7 has the address 192.168.1.17 unless another is given. */
export function node(
  name: string,
  { addresses, external = [], labels = {}, conditions = [], meta = {} }: NodePart = {},
): NodeFacts {
  const internal = addresses ?? [`192.168.1.1${name.replace(/^\D*/, "")}`];
  return readNode({
    metadata: { ...storedMeta(name, meta), labels },
    status: {
      addresses: [
        ...internal.map((address) => ({ type: "InternalIP", address })),
        ...external.map((address) => ({ type: "ExternalIP", address })),
        { type: "Hostname", address: name },
      ],
      conditions,
    },
  });
}

/** A claim of a prefix for a node of a network. */
export function claim(
  cidr: string,
  owner: NodeFacts,
  of: Pick<Network, "name" | "uid"> = { name: "default", uid: "uid-default" },
): Claim {
  const object: Stored<NodeSubnet> = {
    apiVersion: "podnet.dev/v1alpha1",
    kind: "NodeSubnet",
    metadata: storedMeta(nodeSubnetName(cidr)),
    spec: { network: of.name, networkUID: of.uid, node: owner.name, nodeUID: owner.uid, cidr, nextHops: [], nodeAddresses: [] },
  };
  const read = readClaim(object);
  if (read === undefined) throw new Error(`no prefix: ${cidr}`);
  return read;
}

/** A stored NodeNetwork, read. */
export function record(object: NodeNetwork, meta: MetaPart = {}): NodeRecord {
  return readRecord({ ...object, metadata: storedMeta(object.metadata.name, meta) });
}

/** A condition of this status. */
export function condition(type: string, status: Condition["status"], part: Partial<Condition> = {}): Condition {
  return { type, status, reason: "Test", message: "", lastTransitionTime: bornAt, observedGeneration: 1, ...part };
}
