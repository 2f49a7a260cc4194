import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type {
  Condition,
  NodeNetwork,
  NodeNetworkStatus,
  NodeSubnet,
  PodNetwork,
  PodNetworkSpec,
  RangeLedger,
} from "../../crds/types.ts";
import { agentRole, connectAs } from "../../lab/connect-as.ts";
import type { Lab } from "../../lab/lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { nodes, type Pod, pods } from "../../lib/kube/builtin.ts";
import { connect, type KubeClient } from "../../lib/kube/client.ts";
import { isKubeError } from "../../lib/kube/errors.ts";
import { inParallel } from "../../lib/kube/parallel.ts";
import type { KubeObject, Resource, Stored } from "../../lib/kube/resource.ts";
import { prefixesOverlap, toPrefix } from "../../lib/net/prefix.ts";
import { nodeNetworks, nodeSubnets, podNetworks, rangeLedgers } from "../../operator/cluster.ts";
import { breakGlass, deleteByHand } from "./break-glass.ts";
import { type PaperAgents, startPaperAgents } from "./paper-agent.ts";
import type { RangePart } from "./plan-snapshot.ts";

export interface Patience {
  /** How long anything may take before a test gives up on it. */
  readonly patienceMs?: number;
  /** Between two looks. */
  readonly everyMs?: number;
}

/** Where hundreds of objects come and go together, on a machine that may have other work. */
export const muchPatience: Patience = { patienceMs: 180_000, everyMs: 250 };

/** A spec as people write it. */
export type SpecPart = Partial<Omit<PodNetworkSpec, "ranges" | "growth" | "release" | "rollout">> & {
  readonly ranges: readonly RangePart[];
  readonly growth?: Partial<PodNetworkSpec["growth"]>;
  readonly release?: Partial<PodNetworkSpec["release"]>;
  readonly rollout?: Partial<PodNetworkSpec["rollout"]>;
};

/** An administrator's view of a cluster without kubelets and agents, and the hands of both. */
export interface OperatorWorld {
  readonly client: KubeClient;
  network(name: string): Promise<Stored<PodNetwork> | undefined>;
  /** e.g. `"Ready True/Ready: 3 of 3 nodes programmed"`; empty where there is none of that type. */
  condition(name: string, type: string): Promise<string>;
  /** Subnets of it rest for a second, unless `spec` says otherwise. */
  createNetwork(name: string, spec: SpecPart): Promise<Stored<PodNetwork>>;
  /** Creates node-`from` to node-`to`; node N has the address 192.168.X.Y with 256 X + Y = 256 + 10 + N. */
  createNodes(
    from: number,
    to: number,
    part?: { readonly labels?: Record<string, string>; readonly finalizers?: string[] },
  ): Promise<void>;
  claims(): Promise<Stored<NodeSubnet>[]>;
  ledger(): Promise<Stored<RangeLedger> | undefined>;
  /** e.g. `["node-1 10.244.1.0/24"]`, sorted; a state other than Active follows. */
  owners(): Promise<string[]>;
  /** Polls until these are all owners, as `owners` gives them: a claim is Pending for a moment. */
  untilOwners(wanted: readonly string[]): Promise<void>;
  record(node: string): Promise<Stored<NodeNetwork> | undefined>;
  /** Deletes what only podnet's processes write. */
  deleteByHand(resource: Resource<KubeObject>, name: string): Promise<void>;
  /** Writes the status of a node's NodeNetwork as its agent. */
  patchStatus(node: string, status: NodeNetworkStatus): Promise<void>;
  /** Reports what the agents of these nodes would, once their NodeNetworks are there. */
  report(names: readonly string[], verdict?: Partial<Condition>): Promise<void>;
  /** Agents of nodes that report like real ones; none before `start`. */
  readonly agents: PaperAgents;
  /** Runs a pod with this address on a node. */
  createPod(name: string, node: string, address: string): Promise<void>;
  deletePod(name: string): Promise<void>;
  /** Polls until it gives something true, and gives that. */
  until<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T>;
  /** Switches off the API server's own refusal of overlapping networks. */
  allowOverlaps(): Promise<void>;
  /** Removes networks, nodes, claims and the ledger, whatever keeps them. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** The hands of an administrator in a lab. */
export async function operatorWorld(lab: Lab, { patienceMs = 30_000, everyMs = 50 }: Patience = {}): Promise<OperatorWorld> {
  const client = await connect({ access: { from: "kubeconfig", path: lab.kubeconfig }, userAgent: "operator-test" });
  const until: OperatorWorld["until"] = (what, probe) =>
    waitUntil(what, patienceMs, async () => (await probe()) || undefined, everyMs);
  const network = (name: string) => client.get(podNetworks, name);
  const claims = async () => (await client.listAll(nodeSubnets)).items;
  const record = (node: string) => client.get(nodeNetworks, node);
  const roles = connectAs(lab.kubeconfig, "operator-test");
  const clientOf = (node: string) => roles.as(agentRole(node));
  const patchStatus: OperatorWorld["patchStatus"] = async (node, status) => {
    await clientOf(node).patch(nodeNetworks, node, { status }, { type: "merge", subresource: "status" });
  };
  let agents = startPaperAgents({ client, clientOf });
  const owners = async () => {
    const found = await claims();
    return found
      .map(({ spec }) => `${spec.node} ${spec.cidr}${spec.state === "Active" ? "" : ` ${spec.state}`}`)
      .toSorted(compareOwners);
  };
  return {
    client,
    until,
    network,
    claims,
    record,
    patchStatus,
    deleteByHand: (resource, name) => deleteByHand(client, resource, name),
    ledger: () => client.get(rangeLedgers, "cluster"),
    get agents() {
      return agents;
    },
    async condition(name, type) {
      const found = (await network(name))?.status?.conditions?.find((condition) => condition.type === type);
      return found === undefined ? "" : `${type} ${found.status}/${found.reason}: ${found.message}`;
    },
    createNetwork: (name, spec) => client.create(podNetworks, podNetworkOf(name, { release: { holdSeconds: 1 }, ...spec })),
    async createNodes(from, to, { labels = {}, finalizers } = {}) {
      const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
      await inParallel(numbers, 16, (number) =>
        client.create(nodes, {
          metadata: { name: `node-${number}`, labels, ...(finalizers !== undefined && { finalizers }) },
          status: { addresses: [{ type: "InternalIP", address: addressOf(number) }] },
        }),
      );
    },
    owners,
    async untilOwners(wanted) {
      await until(`the owners ${wanted.join(", ")}`, async () => isDeepStrictEqual(await owners(), wanted));
    },
    async report(names, verdict) {
      await inParallel(names, 16, async (name) => {
        const found = await until(`the NodeNetwork of ${name}`, () => record(name));
        await patchStatus(name, statusFor(found, verdict));
      });
    },
    async createPod(name, node, address) {
      const pod = {
        metadata: { name, namespace: "default" },
        spec: { nodeName: node, containers: [{ name: "c", image: "none" }] },
      };
      await client.create(pods, pod);
      const status = { phase: "Running", podIP: address, podIPs: [{ ip: address }] };
      await client.patch<Pod>(pods, { namespace: "default", name }, { status }, { type: "merge", subresource: "status" });
    },
    async deletePod(name) {
      const { code, stderr } = await lab.kubectl(["delete", "pod", name, "--grace-period=0", "--force"]);
      assert.equal(code, 0, stderr);
    },
    async allowOverlaps() {
      const ranges = [{ cidr: "10.0.0.0/10", nodePrefixLength: 24 }];
      const create = (name: string) => client.create(podNetworks, podNetworkOf(name, { ranges }));
      const isRefused = async () => {
        const refused = await create("probe-b").then(
          () => false,
          (error: unknown) => isKubeError(error, "Invalid"),
        );
        await client.delete(podNetworks, "probe-b");
        return refused;
      };
      await create("probe-a");
      // The API server is told of both a little later; an end that comes before the beginning would be none.
      await until("the refusal to begin", isRefused);
      const bindings = ["podnet-no-overlap", "podnet-no-service-overlap"];
      const { code, stderr } = await lab.kubectl(["delete", "validatingadmissionpolicybinding", ...bindings]);
      assert.equal(code, 0, stderr);
      await until("the refusal to end", async () => !(await isRefused()));
      await client.delete(podNetworks, "probe-a");
    },
    async clear() {
      await agents.end();
      await clear(client, until);
      agents = startPaperAgents({ client, clientOf });
    },
    async close() {
      await agents.end();
      await roles.close();
      await client.close();
    },
  };
}

/** A PodNetwork with the defaults that the server would fill in left to it. */
export function podNetworkOf(name: string, spec: SpecPart): PodNetwork {
  return JSON.parse(JSON.stringify({ apiVersion: "podnet.dev/v1alpha1", kind: "PodNetwork", metadata: { name }, spec }));
}

/**
 * Every node has exactly one subnet per family, named by its NodeNetwork, and no two claims share an address.
 * @throws {AssertionError} naming what is not so.
 */
export async function assertOneSubnetEach(world: OperatorWorld, names: readonly string[], families: number): Promise<void> {
  const claims = await world.claims();
  const prefixes = claims.map(({ spec }) => toPrefix(spec.cidr));
  for (const [index, one] of prefixes.entries())
    for (const other of prefixes.slice(index + 1)) assert.ok(!prefixesOverlap(one, other));
  const byNode = Map.groupBy(claims, ({ spec }) => spec.node);
  assert.deepEqual([...byNode.keys()].toSorted(), [...names].toSorted());
  for (const name of names) {
    const cidrs = (byNode.get(name) ?? []).map(({ spec }) => spec.cidr).toSorted();
    assert.equal(cidrs.length, families, `${name} has ${cidrs.join(", ")}`);
    assert.deepEqual((await world.record(name))?.spec.subnets.map(({ cidr }) => cidr).toSorted(), cidrs);
  }
}

function addressOf(number: number): string {
  const value = 256 + 10 + number;
  return `192.168.${Math.floor(value / 256)}.${value % 256}`;
}

function compareOwners(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function statusFor({ spec, metadata }: Stored<NodeNetwork>, verdict: Partial<Condition> = {}): NodeNetworkStatus {
  const condition: Condition = {
    type: "Programmed",
    status: "True",
    reason: "Programmed",
    message: "",
    lastTransitionTime: new Date().toISOString(),
    observedGeneration: metadata.generation ?? 0,
    ...verdict,
  };
  const gateway = spec.subnets.map(({ cidr }) => cidr.replace(/0\/(\d+)$/, "1/$1")).join(", ");
  return {
    observedAt: new Date().toISOString(),
    nodeUID: spec.nodeUID,
    acknowledged: { incarnation: spec.incarnation, sequence: 0 },
    subnets: spec.subnets.map(({ cidr }) => ({ cidr, leases: 0, free: 253 })),
    configGeneration: spec.configGeneration,
    summary: { bridge: `cni0 ${gateway}` },
    conditions: [condition],
  };
}

async function clear(client: KubeClient, until: OperatorWorld["until"]): Promise<void> {
  const guarded: readonly Resource<KubeObject>[] = [nodeSubnets, nodeNetworks, rangeLedgers];
  await until("an empty cluster", async () => {
    let left = 0;
    for (const resource of [nodes, podNetworks, ...guarded]) {
      const { items } = await client.listAll(resource);
      left += items.length;
      await inParallel(items, 16, async ({ metadata }) => {
        const { name, finalizers = [] } = metadata;
        if (guarded.includes(resource)) await breakGlass(client, resource, name);
        if (finalizers.length > 0)
          await client.patch(resource, name, { metadata: { finalizers: null } }, { type: "merge" }).catch(() => undefined);
        await client.delete(resource, name);
      });
    }
    return left === 0;
  });
}
