import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNodeSubnetName } from "../crds/names.ts";
import { nodes } from "../lib/kube/builtin.ts";
import type { KubeClient, WriteOptions } from "../lib/kube/client.ts";
import { KubeError } from "../lib/kube/errors.ts";
import type { KubeObject, Resource } from "../lib/kube/resource.ts";
import { nodeNetworks, nodeSubnets, podNetworks } from "../test/simulation/api-ground.ts";
import { coreKinds, customKinds } from "../test/simulation/known-kinds.ts";
import { createWorld } from "../test/simulation/world.ts";
import { nodeNetworkOf, podNetworkOf } from "../test/support/network-sample.ts";
import { createCluster, rangeLedgers } from "./cluster.ts";
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

/** A client to which somebody's policy refuses every change of one network. */
function refusing(client: KubeClient, name: string): KubeClient {
  return {
    ...client,
    async patch(resource, ...rest) {
      const [patched] = rest;
      if (resource.plural === podNetworks.plural && patched === name)
        throw new KubeError("denied by a policy", { code: "Forbidden" });
      return client.patch(resource, ...rest);
    },
  };
}

/** A client that counts how many networks are changed at a time. */
function counting(client: KubeClient, saw: (atOnce: number) => void): KubeClient {
  let atOnce = 0;
  return {
    ...client,
    async patch(resource, ...rest) {
      if (resource.plural !== podNetworks.plural) return client.patch(resource, ...rest);
      saw(++atOnce);
      try {
        return await client.patch(resource, ...rest);
      } finally {
        atOnce -= 1;
      }
    },
  };
}

interface Scene {
  /** Name → its ranges; the order is that of their creation. */
  readonly networks?: Readonly<Record<string, readonly string[]>>;
  readonly clientOf?: (client: KubeClient, world: ReturnType<typeof createWorld>) => KubeClient;
}

/** Gives subnets to one node once; gives the claims, the ledger's entries, and what was done. */
async function scene({ networks = { default: ["10.244.0.0/16"] }, clientOf = (client) => client }: Scene) {
  const world = createWorld({ seed: 1, kinds: [...customKinds(), ...coreKinds()] });
  for (const [name, cidrs] of Object.entries(networks)) {
    const { metadata: _, ...network } = podNetworkOf(name, cidrs);
    world.admin.create(podNetworks, { ...network, metadata: { name } });
  }
  const addresses = [{ type: "InternalIP", address: "192.168.1.11" }];
  world.admin.create(nodes, { metadata: { name: "node-1" }, status: { addresses } });
  let notes: WriteNotes | undefined;
  world.start("operator", async ({ client, clock, wallClock, signal }) => {
    const cluster = createCluster({
      client: clientOf(client, world),
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
    entries: world.view
      .list(rangeLedgers)
      .flatMap(({ spec }) => spec.entries.map(({ cidr, network }) => `${cidr} of ${network}`)),
    done: notes?.report().written.map(({ op, kind, because }) => `${op} ${kind}: ${because}`) ?? [],
    failed: notes?.report().failures.map(({ kind, key, code }) => `${kind} ${key}: ${code}`) ?? [],
  };
}

/** The same, while something happens after a claim was created. */
function claimed(meanwhile: (world: ReturnType<typeof createWorld>, cidr: string) => void) {
  return scene({ clientOf: (client, world) => after(client, (cidr) => meanwhile(world, cidr)) });
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

test("a network that our finalizer cannot be put on keeps no other one from its ranges and subnets, not even one that it overlaps", async () => {
  const networks = { barred: ["10.244.0.0/16", "10.5.0.0/16"], rival: ["10.244.0.0/17"] };
  const { claims, entries, failed } = await scene({ networks, clientOf: (client) => refusing(client, "barred") });
  assert.deepEqual(entries, ["10.244.0.0/17 of rival"]);
  assert.deepEqual(failed, ["PodNetwork barred: Forbidden"]);
  assert.deepEqual(claims, ["node-1 10.244.0.0/24 Active"]);
});

test("of many networks that enter at once sixteen get our finalizer at a time", async () => {
  const networks = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`net-${at}`, [`10.${at}.0.0/16`]]));
  const seen: number[] = [];
  const { entries } = await scene({ networks, clientOf: (client) => counting(client, (atOnce) => seen.push(atOnce)) });
  assert.equal(entries.length, 40);
  assert.deepEqual([seen.length, Math.max(...seen)], [40, 16]);
});
