import type { NodeSubnet } from "../crds/types.ts";
import type { Step } from "../lib/reconcile/kind.ts";
import { allocate } from "../operator/plan/allocate.ts";
import { nodeNetworkSteps } from "../operator/plan/node-networks.ts";
import { nodeStates } from "../operator/plan/node-states.ts";
import { nodeSubnetSteps, promotions } from "../operator/plan/node-subnets.ts";
import { readClaim, readRecord } from "../operator/plan/read.ts";
import type { Claim, NodeRecord, Snapshot } from "../operator/plan/snapshot.ts";
import { summarize } from "../operator/plan/summarize.ts";
import { bornAtMs, network, node, storedMeta, withLedger } from "../test/support/plan-snapshot.ts";
import type { Bench } from "./bench.ts";
import { acrossRounds, type Figure, median } from "./figure.ts";

/** How often each is planned; the quickest counts, since the code is pure and only others' work makes it slower. */
const repeats = 3;

/** The pure code alone: a new cluster planned to its end, then one node more. */
export const plan: Bench = {
  title: "planning in the pure code",
  async run({ planned: [small, large], rounds, progress }) {
    const all: Figure[][] = [];
    for (let round = 0; round < rounds; round++) {
      const of = (count: number) => progress.during(`planning ${count} nodes`, async () => timesOf(count));
      const [few, many] = [await of(small), await of(large)];
      all.push(
        Object.entries(many).flatMap(([what, ms]): Figure[] => [
          { what: `${what}, ${small} nodes`, unit: "ms", values: [few[what] ?? Number.NaN] },
          { what: `${what}, ${large} nodes`, unit: "ms", values: [ms] },
        ]),
      );
    }
    return withGrowth(acrossRounds(all), small, large);
  },
};

/** Planned is ten times as much; where that takes more than twenty times as long something is worse than n log n. */
function withGrowth(figures: readonly Figure[], small: number, large: number): Figure[] {
  const byWhat = new Map(figures.map((figure) => [figure.what, median(figure.values)]));
  return figures.flatMap((figure): Figure[] => {
    const [what, of] = figure.what.split(", ");
    if (of !== `${large} nodes`) return [figure];
    const before = byWhat.get(`${what}, ${small} nodes`) ?? Number.NaN;
    const growth = median(figure.values) / before;
    return [figure, { what: `${what}, growth`, unit: "×", values: [growth], atMost: (2 * large) / small }];
  });
}

/** What is planned → milliseconds. */
function timesOf(count: number): Record<string, number> {
  const bare = emptyCluster(count);
  const { value: claimed, ms: newNodes } = timed(() => nodeSubnetSteps(bare, allocate(bare)));
  const pending = {
    ...bare,
    claims: claimsOf(claimed),
  };
  const { value: promoted, ms: promoting } = timed(() => promotions(pending, allocate(pending)));
  const active = {
    ...bare,
    claims: claimsOf(promoted),
  };
  const { value: told, ms: telling } = timed(() => nodeNetworkSteps(active, allocate(active)));
  const records = told.flatMap(({ want }): NodeRecord[] =>
    want === undefined ? [] : [readRecord({ ...want, metadata: storedMeta(want.metadata.name) })],
  );
  const full = { ...active, records };
  const oneMore = { ...full, nodes: [...full.nodes, node("one-more", { addresses: ["203.0.113.1"] })] };
  const { value: again, ms: more } = timed(() => nodeSubnetSteps(oneMore, allocate(oneMore)));
  const { ms: status } = timed(() => summaryOf(full));
  if (claimed.length !== count || promoted.length !== count || told.length !== count || again.length !== 1)
    throw new Error(
      `planned ${claimed.length}, ${promoted.length}, ${told.length} and ${again.length} steps for ${count} nodes and one more`,
    );
  return {
    "subnets of new nodes": newNodes,
    "claims made Active": promoting,
    NodeNetworks: telling,
    "one node more": more,
    "the network's status": status,
  };
}

function claimsOf(steps: readonly Step<NodeSubnet>[]): Claim[] {
  return steps.flatMap(({ want }) => (want === undefined ? [] : (readClaim(want) ?? [])));
}

function summaryOf(snapshot: Snapshot) {
  const allocation = allocate(snapshot);
  const nowMs = bornAtMs + 1_000;
  const progress = nodeStates(snapshot, allocation, { nowMs, heartbeatSeconds: 60 });
  return summarize({ snapshot, allocation, progress, blockers: new Map(), nowMs });
}

function emptyCluster(count: number): Snapshot {
  const length = 24 - Math.ceil(Math.log2(count + 1));
  const nodes = Array.from({ length: count }, (_, index) => {
    const address = [172, 16 + (index >>> 16), (index >>> 8) & 255, index & 255].join(".");
    return node(`node-${index}`, { addresses: [address] });
  });
  const ranges = [{ cidr: `${length < 8 ? "8" : "10"}.0.0.0/${length}`, nodePrefixLength: 24 }];
  return withLedger({ networks: [network({ spec: { ranges } })], nodes });
}

function timed<Value>(work: () => Value): { readonly value: Value; readonly ms: number } {
  let ms = Number.POSITIVE_INFINITY;
  let value = work();
  for (let repeat = 0; repeat < repeats; repeat++) {
    const began = performance.now();
    value = work();
    ms = Math.min(ms, performance.now() - began);
  }
  return { value, ms };
}
