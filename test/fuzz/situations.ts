import { readRecord } from "../../operator/plan/read.ts";
import type { NodeRecord, Snapshot } from "../../operator/plan/snapshot.ts";
import { bornAtMs, network, node } from "../support/plan-snapshot.ts";
import { type PlanWorld, planWorld } from "../support/plan-world.ts";
import { wholePass } from "./whole-pass.ts";

/** A cluster as an operator and honest agents have made it, and when. */
export interface Situation {
  readonly name: string;
  readonly snapshot: Snapshot;
  readonly nowMs: number;
}

const shrinking = {
  ranges: [
    { cidr: "10.244.0.0/16", nodePrefixLength: 24 },
    { cidr: "10.245.0.0/16", nodePrefixLength: 24 },
  ],
};
const ipv6 = { ranges: [...shrinking.ranges, { cidr: "fd00:10:244::/48", nodePrefixLength: 64 }] };
const inPool = (name: string, cidr: string) =>
  network({ name, spec: { ranges: [{ cidr, nodePrefixLength: 24 }], nodeSelector: { matchLabels: { pool: name } } } });

/** Whatever an operator has to decide, before it decides it. */
const beginnings: readonly (readonly [name: string, play: (world: PlanWorld) => void])[] = [
  ["at rest", () => undefined],
  ["a node has come", (world) => world.change({ nodes: [...world.now().nodes, node("node-5")] })],
  ["a node has gone", (world) => world.change({ nodes: world.now().nodes.filter(({ name }) => name !== "node-2") })],
  [
    "a gone node's subnet rests",
    (world) => {
      world.change({ nodes: world.now().nodes.filter(({ name }) => name !== "node-2") });
      world.rounds(3);
    },
  ],
  [
    "a rest is over",
    (world) => {
      world.change({ nodes: world.now().nodes.filter(({ name }) => name !== "node-2") });
      // Until the next pass would free it.
      for (let round = 0; round < 12 && !isFreed(world); round++) world.rounds(1);
    },
  ],
  [
    "a claim is lost",
    (world) => {
      world.change({ claims: world.now().claims.filter(({ object }) => object.spec.node !== "node-2") });
      world.look();
    },
  ],
  [
    "a claim and its NodeNetwork are lost",
    (world) => {
      world.change({
        claims: world.now().claims.filter(({ object }) => object.spec.node !== "node-2"),
        records: world.now().records.filter((record) => record.node !== "node-2"),
      });
      world.look();
    },
  ],
  [
    "a node whose claim and NodeNetwork are lost has been asked",
    (world) => {
      const { claims, records } = world.now();
      const asked = records.map((record) => (record.node === "node-2" ? questionTo(record) : record));
      world.change({ claims: claims.filter(({ object }) => object.spec.node !== "node-2"), records: asked });
      world.look();
    },
  ],
  [
    "another network wants to enter",
    (world) => world.change({ networks: [...world.now().networks, inPool("second", "10.250.0.0/16")] }),
  ],
  [
    "a range closes",
    (world) => {
      world.change({ networks: [network({ spec: { ranges: [{ cidr: "10.244.0.0/16", nodePrefixLength: 24 }] } })] });
      world.pass();
    },
  ],
  ["the ledger is lost", (world) => world.change({ ledger: undefined })],
  [
    "a recovery goes on",
    (world) => {
      world.change({ ledger: undefined });
      world.setAgent("node-3", "is silent");
      world.rounds(2);
    },
  ],
];

/** In both families, where routes that nodes report are kept clear of. */
const clear = { ...ipv6, overlapPolicy: { services: "Reject", nodes: "Reserve", hostRoutes: "Reserve" } } as const;

/** Every situation, of four nodes, in one family and in both. */
export function situations(): readonly Situation[] {
  return [shrinking, ipv6, clear].flatMap((spec) =>
    beginnings.map(([name, play]) => {
      const world = planWorld({
        networks: [network({ spec: { ...spec, release: { holdSeconds: 60 } } })],
        nodes: [1, 2, 3, 4].map((n) =>
          node(`node-${n}`, { machineID: `machine-of-node-${n}`, conditions: [{ type: "Ready", status: "True" }] }),
        ),
      });
      world.rounds(4);
      play(world);
      return { name, snapshot: world.now(), nowMs: latestWord(world.now()) + 30_000 };
    }),
  );
}

/** A NodeNetwork that only asks, in place of this one. */
function questionTo({ object }: NodeRecord): NodeRecord {
  const { network: _network, networkUID: _uid, ...spec } = object.spec;
  return readRecord({ ...object, spec: { ...spec, subnets: [] } });
}

function isFreed(world: PlanWorld): boolean {
  const snapshot = world.now();
  return wholePass(snapshot, latestWord(snapshot) + 30_000).claims.some(
    ({ op, have }) => op === "remove" && have?.spec.state === "Held",
  );
}

function latestWord({ records }: Snapshot): number {
  return records.reduce((latest, { object }) => Math.max(latest, Date.parse(object.status?.observedAt ?? "") || 0), bornAtMs);
}
