import assert from "node:assert/strict";
import type { PodNetwork } from "../../crds/types.ts";
import { nodes } from "../../lib/kube/builtin.ts";
import { inParallel } from "../../lib/kube/parallel.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import { podNetworks } from "../../operator/cluster.ts";
import { assertDisjoint } from "./disjoint.ts";
import { withoutElection } from "./operator-process.ts";
import type { OperatorWorld } from "./operator-world.ts";
import { startPolling } from "./polling.ts";

export interface OverlapRace {
  readonly world: OperatorWorld;
  readonly pairs: number;
  /** Pairs that race at once. */
  readonly atOnce: number;
}

export interface OverlapFigures {
  readonly pairs: number;
  /** Pairs of which the network that was sent first was accepted. */
  readonly firstWon: number;
  /** Looks at everything, none of which found a thing that two networks could use. */
  readonly polls: number;
}

/** Settings of the two operators: an agent that the machine's other work holds up is waited for. */
export const racing = { ...withoutElection, PODNET_HEARTBEAT_SECONDS: "10" } as const;

/**
 * Pairs of overlapping networks, each created at once by two requests: exactly one of a pair is accepted and serves the node that both select, the other one names
 * it, and takes over when it goes. At every poll ledger and claims are disjoint, and no pair has two accepted networks.
 * @throws {AssertionError} when not so.
 */
export async function raceOverlaps({ world, pairs, atOnce }: OverlapRace): Promise<OverlapFigures> {
  let firstWon = 0;
  const watch = startPolling(() => checkOverlaps(world));
  for (let from = 0; from < pairs; from += atOnce)
    firstWon += await raceBatch(
      world,
      Array.from({ length: Math.min(atOnce, pairs - from) }, (_, index) => from + index),
    );
  return { pairs, firstWon, polls: await watch.end() };
}

async function raceBatch(world: OperatorWorld, batch: readonly number[]): Promise<number> {
  await createNodes(world, batch);
  await inParallel(
    batch.flatMap(
      (pair) =>
        [
          { pair, index: 0 },
          { pair, index: 1 },
        ] as const,
    ),
    32,
    ({ pair, index }) => world.createNetwork(nameOf(pair, index), specOf(pair, index)),
  );
  const won = await settled(world, batch);
  await served(world, batch, "one claim a pair");
  await inParallel(won, 16, (name) => world.client.delete(podNetworks, name));
  await world.until("every loser to be accepted", async () => {
    const { items } = await world.client.listAll(podNetworks);
    return items.length === batch.length && items.every((network) => acceptedOf(network)?.status === "True");
  });
  await served(world, batch, "one claim of each loser");
  const { items } = await world.client.listAll(podNetworks);
  await Promise.all([
    inParallel(items, 16, ({ metadata }) => world.client.delete(podNetworks, metadata.name)),
    inParallel(batch, 16, (pair) => world.client.delete(nodes, nodeName(pair))),
  ]);
  await world.until("nothing to be left", async () => {
    const [networks, claims, ledger] = await Promise.all([world.client.listAll(podNetworks), world.claims(), world.ledger()]);
    return networks.items.length + claims.length + (ledger?.spec.entries.length ?? 0) === 0;
  });
  for (const pair of batch) world.agents.stop(nodeName(pair));
  return batch.filter((pair) => won.includes(nameOf(pair, 0))).length;
}

/** Waits until every network has its word; gives the names of those that are accepted, exactly one of each pair. */
async function settled(world: OperatorWorld, batch: readonly number[]): Promise<string[]> {
  const networks = await world.until("the word of every network", async () => {
    const { items } = await world.client.listAll(podNetworks);
    const isClear = ({ status, reason }: { readonly status: string; readonly reason: string }) =>
      status === "True" || reason === "OverlapsWith";
    const words = items.map(acceptedOf);
    return words.length === batch.length * 2 && words.every((word) => word !== undefined && isClear(word)) ? items : undefined;
  });
  const byName = new Map(networks.map((network) => [network.metadata.name, network]));
  return batch.map((pair) => {
    const both = ([0, 1] as const).map((index) => byName.get(nameOf(pair, index)) ?? assert.fail(nameOf(pair, index)));
    const winners = both.filter((network) => acceptedOf(network)?.status === "True");
    assert.equal(winners.length, 1, `pair ${pair}`);
    const [winner = assert.fail()] = winners;
    const loser = both.find((network) => network !== winner);
    const message = (loser && acceptedOf(loser)?.message) ?? "";
    assert.ok(message.includes(`${winner.spec.ranges[0]?.cidr} of PodNetwork/${winner.metadata.name}`), message);
    return winner.metadata.name;
  });
}

async function served(world: OperatorWorld, batch: readonly number[], what: string): Promise<void> {
  await world.until(what, async () => {
    const claims = await world.claims();
    return claims.length === batch.length && claims.every(({ spec }) => spec.state === "Active");
  });
}

async function checkOverlaps(world: OperatorWorld): Promise<void> {
  const [ledger, claims, networks] = await Promise.all([world.ledger(), world.claims(), world.client.listAll(podNetworks)]);
  assertDisjoint(
    "the ledger",
    (ledger?.spec.entries ?? []).map(({ network, cidr }) => ({ owner: network, cidr })),
  );
  assertDisjoint(
    "claims",
    claims.map(({ spec }) => ({ owner: spec.node, cidr: spec.cidr })),
  );
  const accepted = networks.items.filter(
    (network) => network.metadata.deletionTimestamp === undefined && acceptedOf(network)?.status === "True",
  );
  assertDisjoint(
    "accepted networks",
    accepted.flatMap(({ metadata, spec }) => spec.ranges.map(({ cidr }) => ({ owner: metadata.name, cidr }))),
  );
}

function acceptedOf({ status, metadata }: Stored<PodNetwork>) {
  const found = status?.conditions?.find(({ type }) => type === "Accepted");
  return found?.observedGeneration === metadata.generation ? found : undefined;
}

/** Of networks of one second the first by name wins: in every other pair that is the one sent last. */
function nameOf(pair: number, index: 0 | 1): string {
  return `race-${pair}-${(index + pair) % 2 === 0 ? "a" : "b"}`;
}

function nodeName(pair: number): string {
  return `node-${pair + 1}`;
}

async function createNodes(world: OperatorWorld, batch: readonly number[]): Promise<void> {
  for (const pair of batch) world.agents.start(nodeName(pair));
  await inParallel(batch, 16, (pair) =>
    world.client.create(nodes, {
      metadata: { name: nodeName(pair), labels: { pair: String(pair) } },
      status: { addresses: [{ type: "InternalIP", address: `192.168.${1 + (pair >> 7)}.${100 + (pair % 128)}` }] },
    }),
  );
}

/** A /20 per pair; the other network has the same, half of it, or all around it, cut into subnets of another size. */
function specOf(pair: number, index: 0 | 1) {
  const base = (length: number) => `10.${pair >> 4}.${(pair & 15) << 4}.0/${length}`;
  const others = [base(20), base(21), base(22)];
  const cidr = index === (pair & 1) ? base(20) : (others[pair % 3] ?? base(20));
  return { ranges: [{ cidr, nodePrefixLength: 24 + index }], nodeSelector: { matchLabels: { pair: String(pair) } } };
}
