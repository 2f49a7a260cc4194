import assert from "node:assert/strict";
import { test } from "node:test";
import { renderTime } from "../crds/conditions.ts";
import { ledgerName } from "../crds/names.ts";
import { nodes } from "../lib/kube/builtin.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import { nodeNetworks, nodeSubnets, podNetworks } from "../test/simulation/api-ground.ts";
import { sampleNode, samplePodNetwork } from "../test/simulation/api-samples.ts";
import { coreKinds, customKinds } from "../test/simulation/known-kinds.ts";
import { createWorld, type World } from "../test/simulation/world.ts";
import { nodeNetworkOf } from "../test/support/network-sample.ts";
import { createCluster, rangeLedgers } from "./cluster.ts";
import { releaseLeftovers } from "./release.ts";
import { createSightings } from "./sightings.ts";
import { createWriteNotes } from "./write-report.ts";

const second = 1_000;
const cidr = "10.244.1.0/24";
const incarnation = "first";
const range = { cidr: "10.244.0.0/16", nodePrefixLength: 24 };

/** A claim at rest of an earlier Node of node-1, whose machine is there under another Node, has the subnet, and is silent. */
function resting(): World {
  const world = createWorld({ seed: 1, kinds: [...customKinds(), ...coreKinds()] });
  const { admin, view } = world;
  const heldAt = renderTime(Date.UTC(2026, 0, 1));
  admin.create(
    podNetworks,
    samplePodNetwork("default", { ranges: [{ ...range, state: "Active" }], release: { holdSeconds: 5 } }),
  );
  const networkUID = view.get(podNetworks, "default")?.metadata.uid ?? "";
  const owner = { network: "default", networkUID };
  const entries = [{ ...range, ...owner, epoch: 1, state: "Open" as const }];
  const ledger = { incarnation, epoch: 1, releaseSequence: 1, entries };
  admin.create(rangeLedgers, {
    apiVersion: "podnet.dev/v1alpha1",
    kind: "RangeLedger",
    metadata: { name: ledgerName },
    spec: ledger,
  });
  const { status, ...node } = sampleNode("node-1", "192.168.1.11");
  admin.create(nodes, { ...node, status: { ...status, nodeInfo: { machineID: "machine-1", bootID: "boot" } } });
  admin.create(nodeSubnets, {
    apiVersion: "podnet.dev/v1alpha1",
    kind: "NodeSubnet",
    metadata: { name: "10.244.1.0-24" },
    spec: {
      ...owner,
      node: "node-1",
      nodeUID: "earlier",
      cidr,
      state: "Held",
      heldAt,
      incarnation,
      epoch: 1,
      releaseSequence: 1,
    },
  });
  const { metadata: _, spec, ...rest } = nodeNetworkOf("node-1");
  admin.create(nodeNetworks, {
    ...rest,
    metadata: { name: "node-1" },
    spec: { ...spec, ...owner, nodeUID: "earlier", incarnation, subnets: [] },
  });
  const said = { nodeUID: "earlier", machineID: "machine-1", observedAt: heldAt, acknowledged: { incarnation, sequence: 1 } };
  admin.patch(nodeNetworks, "node-1", { status: { ...said, subnets: [{ cidr, leases: 1, free: 9 }] } }, "status");
  return world;
}

/** A client whose lists show no Nodes, as a copy does that is far behind. */
function withoutNodes(client: KubeClient): KubeClient {
  return {
    ...client,
    async listAll(resource, ...rest) {
      const listed = await client.listAll(resource, ...rest);
      return resource.plural === nodes.plural ? { ...listed, items: [] } : listed;
    },
  };
}

/** An operator that lays to rest and removes, once a second. */
function startOperator(world: World, clientOf: (client: KubeClient) => KubeClient): void {
  world.start("operator", async ({ client, clock, wallClock, signal }) => {
    const onProblem = (_kind: string, { error }: { readonly error: unknown }) => assert.fail(String(error));
    const shared = { client: clientOf(client), clock, random: () => 0.5 };
    const cluster = createCluster({ ...shared, onChange: () => undefined, onProblem });
    const running = cluster.run(signal);
    const sightings = createSightings(clock);
    while (!signal.aborted) {
      await new Promise<void>((resolve) => void clock.after(second, resolve));
      sightings.look(await cluster.gather());
      await releaseLeftovers(cluster, createWriteNotes(), { nowMs: wallClock(), sightings, heartbeatSeconds: 2 });
    }
    await running;
  });
}

const states = ({ view }: World) => view.list(nodeSubnets).map(({ spec }) => `${spec.cidr} ${spec.state}`);

test("a claim stays for a Node that was made anew for its machine, though the operator's copy shows no such Node yet, and goes when there is none", async () => {
  const world = resting();
  startOperator(world, withoutNodes);
  await world.pass(40 * second);
  assert.deepEqual(states(world), [`${cidr} Held`]);
  world.admin.erase(nodes, "node-1");
  await world.pass(40 * second);
  assert.deepEqual(states(world), []);
});
