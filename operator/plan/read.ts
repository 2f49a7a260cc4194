import { apiVersion } from "../../crds/names.ts";
import { parsePodNetwork } from "../../crds/parse.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork } from "../../crds/types.ts";
import { validatePodNetwork } from "../../crds/validate.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import { type Address, compareAddresses, parseAddress, renderAddress } from "../../lib/net/address.ts";
import { isPrefixProblem, parsePrefix, toPrefix } from "../../lib/net/prefix.ts";
import type { Claim, Network, NodeFacts, NodeRecord, Readiness } from "./snapshot.ts";

/** A stored PodNetwork, read; one that is not as its schema and rules want it has issues and gives nothing. */
export function readNetwork(object: Stored<PodNetwork>): Network {
  const { metadata, spec } = object;
  const identity = {
    name: metadata.name,
    uid: metadata.uid,
    createdAt: metadata.creationTimestamp,
    deleting: metadata.deletionTimestamp !== undefined,
    object,
  };
  const parsed = parsePodNetwork({ apiVersion, kind: "PodNetwork", metadata: { name: metadata.name }, spec });
  const issues = parsed.issues ?? validatePodNetwork(parsed.value);
  if (parsed.value === undefined || issues.length > 0) return { ...identity, issues, ranges: [], reserved: [] };
  const { ranges, reserved = [] } = parsed.value.spec;
  return {
    ...identity,
    object: { ...object, spec: parsed.value.spec },
    issues: [],
    ranges: ranges.map(({ cidr, nodePrefixLength }) => ({ cidr, prefix: toPrefix(cidr), subnetLength: nodePrefixLength })),
    reserved: reserved.map(({ cidr }) => toPrefix(cidr)),
  };
}

/** A stored NodeSubnet, read; undefined where its cidr is no prefix, which the CRD does not let happen. */
export function readClaim(object: NodeSubnet): Claim | undefined {
  const prefix = parsePrefix(object.spec.cidr);
  return isPrefixProblem(prefix) ? undefined : { prefix, object };
}

/** A stored NodeNetwork, read. */
export function readRecord(object: Stored<NodeNetwork>): NodeRecord {
  const subnets = object.spec.subnets.flatMap(({ cidr }) => {
    const prefix = parsePrefix(cidr);
    return isPrefixProblem(prefix) ? [] : [prefix];
  });
  return { node: object.metadata.name, subnets, object };
}

/** A stored Node, read. Address texts that are no addresses count for nothing. */
export function readNode(object: Stored<Node>): NodeFacts {
  const { metadata, status } = object;
  const addressesOf = (...types: readonly string[]): Address[] =>
    (status?.addresses ?? []).filter(({ type }) => types.includes(type)).flatMap(({ address }) => parseAddress(address) ?? []);
  const internal = addressesOf("InternalIP");
  const first = ([4, 6] as const).flatMap((family) => internal.find((address) => address.family === family) ?? []);
  const all = addressesOf("InternalIP", "ExternalIP").toSorted(compareAddresses).map(renderAddress);
  const condition = (type: string) => status?.conditions?.find((condition) => condition.type === type);
  return {
    name: metadata.name,
    uid: metadata.uid,
    labels: metadata.labels ?? {},
    createdAtMs: Date.parse(metadata.creationTimestamp),
    deleting: metadata.deletionTimestamp !== undefined,
    readiness: readiness(condition("Ready")?.status),
    internalAddresses: first.map(renderAddress),
    allAddresses: [...new Set(all)],
    networkUnavailable: condition("NetworkUnavailable"),
  };
}

function readiness(status: string | undefined): Readiness {
  return status === "True" || status === "False" || status === "Unknown" ? status : "Never";
}
