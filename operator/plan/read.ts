import { apiVersion } from "../../crds/names.ts";
import { parseServedPodNetwork } from "../../crds/parse.ts";
import { readableSpec } from "../../crds/read-spec.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork, RangeLedger } from "../../crds/types.ts";
import { validatePodNetwork } from "../../crds/validate.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import { addressBits, type Address, compareAddresses, parseAddress, renderAddress } from "../../lib/net/address.ts";
import { isPrefixProblem, type Prefix, parsePrefix, prefixAround, toPrefix } from "../../lib/net/prefix.ts";
import { startupTaintOf } from "./startup-taint.ts";
import type { Claim, Ledger, Network, NodeFacts, NodeRecord, Readiness } from "./snapshot.ts";

/** A stored PodNetwork, read; one that is not as its schema and rules want it has issues and gives nothing. */
export function readNetwork(object: Stored<PodNetwork>): Network {
  const { metadata, spec } = object;
  const identity = {
    name: metadata.name,
    uid: metadata.uid,
    createdAt: metadata.creationTimestamp,
    deleting: metadata.deletionTimestamp !== undefined,
  };
  const parsed = parseServedPodNetwork({ apiVersion, kind: "PodNetwork", metadata: { name: metadata.name }, spec });
  const issues = parsed.issues ?? validatePodNetwork(parsed.value);
  const read = { ...identity, object: { ...object, spec: parsed.value?.spec ?? { ...readableSpec(spec), ranges: [] } } };
  if (parsed.value === undefined || issues.length > 0)
    return { ...read, issues, ranges: [], reserved: [], statics: [], nodeCidrs: [] };
  const { ranges, reserved = [], staticSubnets = [], routing } = parsed.value.spec;
  return {
    ...read,
    issues: [],
    ranges: ranges.map(({ cidr, nodePrefixLength, state }) => {
      return { cidr, prefix: toPrefix(cidr), subnetLength: nodePrefixLength, draining: state === "Draining" };
    }),
    reserved: reserved.map(({ cidr }) => toPrefix(cidr)),
    statics: staticSubnets.map(({ node, cidr }) => ({ node, prefix: toPrefix(cidr) })),
    nodeCidrs: (routing.nodeAddress.cidrs ?? []).map(toPrefix),
  };
}

/** A stored NodeSubnet, read; undefined where its cidr is no prefix, which the CRD does not let happen. */
export function readClaim(object: NodeSubnet): Claim | undefined {
  const prefix = parsePrefix(object.spec.cidr);
  return isPrefixProblem(prefix) ? undefined : { prefix, object };
}

/** The stored RangeLedger, read; entries whose cidr is no prefix are left out, which the operator never writes. */
export function readLedger(object: Stored<RangeLedger>): Ledger {
  const { incarnation, entries, recovery } = object.spec;
  return {
    incarnation,
    recovering: recovery !== undefined,
    entries: entries.flatMap(({ cidr, nodePrefixLength, network, networkUID, epoch, state }) =>
      readPrefixes([cidr]).map((prefix) => {
        return { cidr, prefix, subnetLength: nodePrefixLength, network, networkUID, epoch, open: state === "Open" };
      }),
    ),
    object,
  };
}

/** A stored NodeNetwork, read. */
export function readRecord(object: Stored<NodeNetwork>): NodeRecord {
  return { node: object.metadata.name, subnets: readPrefixes(object.spec.subnets.map(({ cidr }) => cidr)), object };
}

/** A stored Node, read. Address texts that are no addresses count for nothing. */
export function readNode(object: Stored<Node>): NodeFacts {
  const { metadata, spec, status } = object;
  const addressesOf = (...types: readonly string[]): Address[] =>
    (status?.addresses ?? []).filter(({ type }) => types.includes(type)).flatMap(({ address }) => parseAddress(address) ?? []);
  const internal = addressesOf("InternalIP");
  const all = new Map(
    addressesOf("InternalIP", "ExternalIP")
      .toSorted(compareAddresses)
      .map((address) => [renderAddress(address), address]),
  );
  const condition = (type: string) => status?.conditions?.find((condition) => condition.type === type);
  return {
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    labels: metadata.labels ?? {},
    createdAtMs: Date.parse(metadata.creationTimestamp),
    deleting: metadata.deletionTimestamp !== undefined,
    readiness: readiness(condition("Ready")?.status),
    machineID: readableMachineID(status?.nodeInfo?.machineID),
    podCIDRs: readPrefixes(spec?.podCIDRs ?? (spec?.podCIDR === undefined ? [] : [spec.podCIDR])),
    internalAddresses: [...new Set(internal.map(renderAddress))],
    allAddresses: [...all.keys()],
    hosts: Array.from(all.values(), (address) => prefixAround(address, addressBits(address.family))),
    networkUnavailable: condition("NetworkUnavailable"),
    startupTaint: startupTaintOf(object),
  };
}

/** No machine has one so long, and no NodeNetwork could say it. */
function readableMachineID(text = ""): string | undefined {
  return text.length > 64 || text === "" ? undefined : text;
}

function readiness(status: string | undefined): Readiness {
  return status === "True" || status === "False" || status === "Unknown" ? status : "Never";
}

/** Prefixes in canonical form; texts that are none count for nothing. */
export function readPrefixes(cidrs: readonly string[]): Prefix[] {
  return cidrs.map(parsePrefix).filter((prefix): prefix is Prefix => !isPrefixProblem(prefix));
}
