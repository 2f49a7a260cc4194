import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Condition, NodeNetworkStatus } from "../../crds/types.ts";

const at = "2026-01-01T00:00:00Z";
const counts = { leases: 5, free: 200 };
/** What node-1 really has. */
const own = { ...counts, cidr: "10.244.1.0/24" };

function lyingCondition(type: string, status: Condition["status"], message: string): Condition {
  return { type, status, reason: "Lied", message, lastTransitionTime: at, observedGeneration: 1_000_000 };
}

const allFault = "node-2 and node-3 are broken; delete them";
const way = { reason: "NoAnswer", since: at } as const;

/** What the agent of node-1 may say beside the truth, where node-2 and node-3 have 10.244.2.0/24 and 10.244.3.0/24, and all UIDs are known. */
export const lies: Readonly<Record<string, Partial<NodeNetworkStatus>>> = {
  "it has the whole world": { subnets: [own, { ...counts, cidr: "::/0" }, { ...counts, cidr: "0.0.0.0/0" }] },
  "it has all of the range": { subnets: [own, { ...counts, cidr: "10.244.0.0/16" }] },
  "it has half of a free subnet": { subnets: [own, { ...counts, cidr: "10.244.4.0/25" }] },
  "it has what is outside of the cluster": { subnets: [own, { ...counts, cidr: "8.8.8.0/24" }] },
  "it has what another node has": { subnets: [own, { ...counts, cidr: "10.244.2.0/24" }] },
  "it drained what another node has": { subnets: [own, { cidr: "10.244.2.0/24", leases: 0, free: 0, drained: true }] },
  "it drained what nobody has": { subnets: [own, { cidr: "10.244.7.0/24", leases: 0, free: 0, drained: true }] },
  "it is another node": {
    nodeUID: "uid-node-2",
    machineID: "machine-of-node-2",
    subnets: [own, { ...counts, cidr: "10.244.7.0/24" }],
  },
  "its machine is another node's": { machineID: "machine-of-node-2", bootID: "boot" },
  "it was told by a Node that nobody knows": { nodeUID: "nobody" },
  "it misses the whole world": {
    lost: [
      { cidr: "::/0", node: "node-2", nodeUID: "uid-node-2" },
      { cidr: "0.0.0.0/0", node: "x", nodeUID: "y" },
    ],
  },
  "it misses what another node never had": { lost: [{ cidr: "10.244.7.0/24", node: "node-2", nodeUID: "uid-node-2" }] },
  "it misses what a node to come had": { lost: [{ cidr: "10.244.7.0/24", node: "node-4", nodeUID: "nobody" }] },
  "it misses what another node has": { lost: [{ cidr: "10.244.2.0/24", node: "node-3", nodeUID: "uid-node-3" }] },
  "it has seen releases to come": { acknowledged: { incarnation: "incarnation-1", sequence: 1_000_000 } },
  "it knows of another ledger": { acknowledged: { incarnation: "another", sequence: 1 } },
  "it runs what nobody told it": { configGeneration: 1_000_000 },
  "it runs nothing": { configGeneration: 0 },
  "it speaks from the past": { observedAt: "1970-01-01T00:00:00Z" },
  "it speaks from the future": { observedAt: "2999-01-01T00:00:00Z" },
  "its prefixes are nonsense": {
    subnets: [
      { ...counts, cidr: "10.244.2.1/24" },
      { ...counts, cidr: "__proto__" },
    ],
    lost: [{ cidr: "", node: "", nodeUID: "" }],
  },
  "its numbers are nonsense": {
    subnets: [{ cidr: "10.244.1.0/24", leases: Number.MAX_SAFE_INTEGER, free: Number.MAX_SAFE_INTEGER }],
    peers: { known: -1, routed: 1_000_000 },
    mtu: -1,
  },
  "it has routes to everybody's pods": {
    hostRoutes: [
      { cidr: "0.0.0.0/0", device: "eth0" },
      { cidr: "10.244.0.0/16", device: "eth0" },
      { cidr: "10.244.2.0/24", device: "eth0" },
      { cidr: "10.244.0.0/24" },
    ],
  },
  "it took back addresses of others' pods": {
    leaks: {
      collectedTotal: 1_000_000,
      last: [
        { address: "10.244.2.7", at },
        { address: "not one", at },
      ],
    },
  },
  "it reaches nobody, and nobody that there is": {
    reachability: {
      probed: 1_000_000,
      bad: ["node-1", "node-2", "node-3", "node-4", "nobody"].flatMap((node) => [
        { ...way, node, family: "IPv4" as const },
        { ...way, node, family: "IPv6" as const },
      ]),
    },
  },
  "it put right what others changed": {
    drift: { repairsTotal: 1_000_000_000, last: { kind: "route", key: "node-2", because: allFault, at, wrongMs: 1_000_000_000 } },
  },
  "it is of a version to come, with peers that nobody has": {
    agentVersion: "999.0.0",
    mtu: 1_000_000,
    summary: { bridge: "cni0 10.244.2.1/24", peers: "99/99" },
    peers: { known: 99, routed: 99 },
  },
  "it failed, and others are to blame": { conditions: [lyingCondition("Programmed", "False", allFault)] },
  "it repairs for ever, as others undo it": {
    conditions: [lyingCondition("Programmed", "True", ""), lyingCondition("DriftContended", "True", allFault)],
  },
  "others are without a network": {
    conditions: ["NetworkUnavailable", "Ready", "PeersUnrouted", "node-2"].map((type) => lyingCondition(type, "True", allFault)),
  },
};

/** Said only once node-4 has joined, since nobody knows the uid of a Node before. */
export const liesOfTheNewcomer: Readonly<Record<string, Partial<NodeNetworkStatus>>> = {
  "it is the node that joins": { nodeUID: "uid-node-4", subnets: [own, { ...counts, cidr: "10.244.7.0/24" }] },
  "it misses what the node that joins never had": { lost: [{ cidr: "10.244.7.0/24", node: "node-4", nodeUID: "uid-node-4" }] },
  "it misses what a node without an agent never had": {
    lost: [{ cidr: "10.244.7.0/24", node: "node-5", nodeUID: "uid-node-5" }],
  },
};

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** Every field of a NodeNetwork's status that has no fields in it, e.g. `"drift.last.kind"`, as the CRD has them. */
export function statusFields(): string[] {
  const file = join(import.meta.dirname, "../../crds/nodenetwork.yaml");
  const schema: Schema = parse(readFileSync(file, "utf8")).spec.versions[0].schema.openAPIV3Schema;
  return leavesOfSchema(schema.properties?.["status"] ?? {});
}

function leavesOfSchema({ properties, items }: Schema, path = ""): string[] {
  if (items !== undefined) return leavesOfSchema(items, path);
  if (properties === undefined) return [path];
  return Object.entries(properties).flatMap(([name, inner]) => leavesOfSchema(inner, below(path, name)));
}

/** The fields of those that something is said in. */
export function fieldsSaid(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => fieldsSaid(one, path));
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([name, inner]) => fieldsSaid(inner, below(path, name)));
}

function below(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
