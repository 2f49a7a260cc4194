import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { apiVersion, podNetworkResource } from "../../crds/names.ts";
import type { NodeNetworkStatus, PodNetwork } from "../../crds/types.ts";
import type { Chance } from "../simulation/chance.ts";
import { podNetworkOf } from "../support/network-sample.ts";
import { bornAt } from "../support/plan-snapshot.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** Texts that stand in files of the project, where they are as they should be. */
export interface Samples {
  /** PodNetworks as people write them. */
  readonly networks: readonly unknown[];
  /** The files they stand in, and more. */
  readonly manifests: readonly string[];
}

/** Reads them. */
export function readSamples(): Samples {
  const examples = ["dual-stack", "every-field", "three-nodes"].map((name) => read(`examples/${name}.yaml`));
  const rows: readonly { readonly spec: unknown; readonly old?: unknown }[] = parse(read("crds/testdata/podnetworks.yaml"));
  const specs = rows.flatMap(({ spec, old }) => (old === undefined ? [spec] : [spec, old]));
  const manifests = ["default.yaml", "team/edge.yaml", "team/overlapping.yml", "team/twice.yaml", "team/typo.json"];
  return {
    networks: [
      ...examples.map((text): unknown => parse(text)),
      ...specs.map((spec) => ({ apiVersion, kind: "PodNetwork", metadata: { name: "default", uid: "uid-default" }, spec })),
    ],
    manifests: [...examples, ...manifests.map((name) => read(`cli/testdata/manifests/${name}`))],
  };
}

/** A PodNetwork of the samples, or a large one. */
export function sampleNetwork({ networks }: Samples, chance: Chance): unknown {
  return chance.happens(0.9) ? chance.pick(networks) : largeNetwork;
}

const largeNetwork: PodNetwork = podNetworkOf(
  "default",
  Array.from({ length: 16 }, (_, index) => `10.${index}.0.0/16`),
  {
    reserved: Array.from({ length: 64 }, (_, index) => ({ cidr: `10.0.${index}.0/24`, reason: "lab" })),
    staticSubnets: Array.from({ length: 256 }, (_, index) => ({ node: `node-${index}`, cidr: `10.1.${index}.0/24` })),
  },
);

/** What the API server sends for a write of a PodNetwork, as recorded from one. */
export function admissionReview(operation: string, object: unknown, oldObject: unknown): object {
  const { group, version, plural, kind } = podNetworkResource;
  return {
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid: "705ab4f5-6393-11e8-b7cc-42010a800002",
      kind: { group, version, kind },
      resource: { group, version, resource: plural },
      requestKind: { group, version, kind },
      requestResource: { group, version, resource: plural },
      name: "default",
      operation,
      userInfo: { username: "kubernetes-admin", groups: ["kubeadm:cluster-admins", "system:authenticated"] },
      object: object ?? null,
      oldObject: oldObject ?? null,
      dryRun: false,
      options: { kind: `${operation === "DELETE" ? "Delete" : "Create"}Options`, apiVersion: "meta.k8s.io/v1" },
    },
  };
}

/** A status as the agent of node N writes it, every field in it. */
export function fullStatus(n: number, incarnation: string): NodeNetworkStatus {
  return {
    configGeneration: 1,
    observedAt: bornAt,
    nodeUID: `uid-node-${n}`,
    machineID: `machine-of-node-${n}`,
    bootID: `boot-of-node-${n}`,
    acknowledged: { incarnation, sequence: 0 },
    subnets: [{ cidr: `10.244.${n}.0/24`, leases: 3, free: 250, drained: false }],
    lost: [{ cidr: "10.244.9.0/24", node: "node-9", nodeUID: "uid-node-9" }],
    hostRoutes: [{ cidr: "192.168.1.0/24", device: "eth0" }],
    leaks: { collectedTotal: 1, last: [{ address: `10.244.${n}.9`, at: bornAt }] },
    reachability: {
      probed: 3,
      bad: [{ node: "node-3", family: "IPv6", reason: "FullSizeLost", since: "2026-01-01T00:00:00Z" }],
    },
    drift: { repairsTotal: 3, last: { kind: "route", key: "10.244.9.0/24", because: "missing", at: bornAt, wrongMs: 12 } },
    agentVersion: "0.1.0",
    mtu: 1500,
    summary: { bridge: `cni0 10.244.${n}.1/24`, peers: "2/2" },
    peers: { known: 2, routed: 2 },
    conditions: [
      {
        type: "Programmed",
        status: "True",
        reason: "Programmed",
        message: `cni0 10.244.${n}.1/24`,
        observedGeneration: 1,
        lastTransitionTime: bornAt,
      },
    ],
  };
}
