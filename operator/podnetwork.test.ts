import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNodeSubnetName } from "../crds/names.ts";
import { nodes } from "../lib/kube/builtin.ts";
import type { KubeClient, WriteOptions } from "../lib/kube/client.ts";
import type { KubeObject, Resource } from "../lib/kube/resource.ts";
import { nodeNetworks, nodeSubnets, podNetworks } from "../test/simulation/api-ground.ts";
import { coreKinds, customKinds } from "../test/simulation/known-kinds.ts";
import { createWorld } from "../test/simulation/world.ts";
import { nodeNetworkOf, podNetworkOf } from "../test/support/network-sample.ts";
import { createCluster } from "./cluster.ts";
import { claimSubnets } from "./podnetwork.ts";
import { createWriteNotes, type WriteNotes } from "./write-report.ts";

/** A client that does something more once a claim was created. */
function after(client: KubeClient, claimed: (cidr: string) => void): KubeClient {
  return {
    ...client,
    async create<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions) {
      const made = await client.create(resource, object, options);
      if (resource.plural === nodeSubnets.plural) claimed(parseNodeSubnetName(made.metadata.name) ?? assert.fail());
      return made;
    },
  };
}

/** Gives subnets to one node once, while something happens after its claim was created; gives the claims and what was done. */
async function claimed(meanwhile: (world: ReturnType<typeof createWorld>, cidr: string) => void) {
  const world = createWorld({ seed: 1, kinds: [...customKinds(), ...coreKinds()] });
  const { metadata: _, ...network } = podNetworkOf("default", ["10.244.0.0/16"]);
  world.admin.create(podNetworks, { ...network, metadata: { name: "default" } });
  const addresses = [{ type: "InternalIP", address: "192.168.1.11" }];
  world.admin.create(nodes, { metadata: { name: "node-1" }, status: { addresses } });
  let notes: WriteNotes | undefined;
  world.start("operator", async ({ client, clock, wallClock, signal }) => {
    const cluster = createCluster({
      client: after(client, (cidr) => meanwhile(world, cidr)),
      clock,
      random: () => 0.5,
      onChange: () => undefined,
      onProblem: (_kind, { error }) => assert.fail(String(error)),
    });
    const running = cluster.run(signal);
    await new Promise<void>((resolve) => void clock.after(2_000, resolve));
    const made = createWriteNotes();
    await claimSubnets(cluster, made, { nowMs: wallClock(), newIncarnation: "first", recoverySeconds: 60 });
    notes = made;
    await running;
  });
  await world.run(() => notes !== undefined);
  return {
    claims: world.view.list(nodeSubnets).map(({ spec }) => `${spec.node} ${spec.cidr} ${spec.state}`),
    done: notes?.report().written.map(({ op, kind, because }) => `${op} ${kind}: ${because}`) ?? [],
  };
}

test("a claim becomes Active when ledger and nodes still allow it", async () => {
  const { claims } = await claimed(() => undefined);
  assert.deepEqual(claims, ["node-1 10.244.0.0/24 Active"]);
});

test("a claim of what another node was told before the claim stood goes again, since what nodes have is asked after that", async () => {
  const { claims, done } = await claimed((world, cidr) => {
    const { metadata: _, spec, ...rest } = nodeNetworkOf("node-9");
    world.admin.create(nodeNetworks, {
      ...rest,
      metadata: { name: "node-9" },
      spec: { ...spec, subnets: [{ cidr, state: "Active" }] },
    });
  });
  assert.deepEqual(claims, []);
  assert.equal(done.at(-1), "remove NodeSubnet: another node has it, though its claim is gone");
});
