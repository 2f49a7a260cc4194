import { parseNodeNetwork } from "../../crds/parse.ts";
import type { NodeNetworkStatus } from "../../crds/types.ts";
import { readRecord } from "../../operator/plan/read.ts";
import type { Snapshot } from "../../operator/plan/snapshot.ts";
import type { Chance } from "../simulation/chance.ts";
import { fullStatus } from "./samples.ts";
import { hostilePrefix, hostileText, hostileTime } from "./hostile.ts";
import { mutated } from "./mutate.ts";

/** What one agent says that is not so: fields of its status, in place of what it would say. */
export type Lie = Partial<NodeNetworkStatus>;

/** Prefixes that mean something in one of the situations, or too much in all. */
const telling = [
  ...[1, 2, 3, 4, 5, 6, 200].map((n) => `10.244.${n}.0/24`),
  ...[0, 1, 2, 7].map((n) => `fd00:10:244:${n.toString(16)}::/64`),
  "10.244.0.0/24",
  "10.245.0.0/24",
  "10.245.9.0/24",
  "10.244.0.0/16",
  "10.244.128.0/17",
  "10.244.2.0/25",
  "10.244.2.0/23",
  "10.250.0.0/16",
  "10.250.1.0/24",
  "192.168.1.0/24",
  "192.168.1.12/32",
  "172.16.0.0/12",
  "0.0.0.0/0",
  "::/0",
  "fd00:10:244::/48",
  "fd00::/8",
];

/** A lie that the schema takes, of one field or two. */
export function lieFrom(chance: Chance, { ledger }: Snapshot): Lie {
  const incarnation = ledger?.incarnation ?? "none";
  const fields = new Set(chance.happens(0.7) ? [chance.pick(names)] : [chance.pick(names), chance.pick(names)]);
  for (let tries = 0; tries < 20; tries++) {
    const lie = Object.fromEntries([...fields].map((field) => [field, makers[field](chance, incarnation)]));
    const read = takenStatus({ ...fullStatus(1, incarnation), ...lie });
    if (read !== undefined)
      return Object.fromEntries(
        Object.entries(read).filter(([field]) => names.some((name) => name === field && fields.has(name))),
      );
  }
  return { observedAt: "9999-12-31T23:59:59Z" };
}

/** The snapshot in which this node's agent says so, and everything else as it did. */
export function withLie(snapshot: Snapshot, liar: string, lie: Lie): Snapshot {
  return {
    ...snapshot,
    records: snapshot.records.map((record) =>
      record.node === liar ? readRecord({ ...record.object, status: { ...record.object.status, ...lie } }) : record,
    ),
  };
}

const template = {
  apiVersion: "podnet.dev/v1alpha1",
  kind: "NodeNetwork",
  metadata: { name: "node-1" },
};

function takenStatus(status: unknown): NodeNetworkStatus | undefined {
  const spec = {
    configGeneration: 1,
    incarnation: "a",
    nodeUID: "b",
    subnets: [],
    growth: { addBelowFreeIPs: 0 },
    nodeAddresses: [],
    podRanges: [],
  };
  const settings = {
    mtu: { mode: "Auto" },
    masquerade: { enabled: true },
    cni: { confName: "a", bridge: "b", hairpin: true, portMap: true },
  };
  return parseNodeNetwork({ ...template, spec: { ...spec, ...settings }, status }).value?.status;
}

const names = [
  "subnets",
  "lost",
  "acknowledged",
  "observedAt",
  "nodeUID",
  "machineID",
  "hostRoutes",
  "leaks",
  "drift",
  "configGeneration",
  "conditions",
  "mtu",
  "summary",
  "peers",
  "bootID",
  "agentVersion",
  "reachability",
] as const;

type Maker = (chance: Chance, incarnation: string) => unknown;

const cidr = (chance: Chance) => (chance.happens(0.8) ? chance.pick(telling) : hostilePrefix(chance));
const node = (chance: Chance) => chance.pick(["node-1", "node-2", "node-3", "node-4", "node-5", "node-9", hostileText(chance)]);
const some = <T>(chance: Chance, make: () => T): T[] => Array.from({ length: chance.pick([0, 1, 1, 2, 5, 64]) }, make);
const count = (chance: Chance) => chance.pick([0, 1, 253, 2 ** 31 - 1, Number.MAX_SAFE_INTEGER]);

const makers: Readonly<Record<(typeof names)[number], Maker>> = {
  subnets: (chance) =>
    unique(
      some(chance, () => ({
        cidr: cidr(chance),
        leases: count(chance),
        free: count(chance),
        ...(chance.happens(0.3) && { drained: true }),
      })),
    ),
  lost: (chance) => unique(some(chance, () => ({ cidr: cidr(chance), node: node(chance), nodeUID: `uid-${node(chance)}` }))),
  acknowledged: (chance, incarnation) => ({
    incarnation: chance.pick([incarnation, incarnation, "other"]),
    sequence: count(chance),
  }),
  observedAt: (chance) => hostileTime(chance),
  nodeUID: (chance) => `uid-${node(chance)}`,
  machineID: (chance) => `machine-of-${node(chance)}`,
  hostRoutes: (chance) =>
    unique(some(chance, () => ({ cidr: cidr(chance), device: chance.pick(["eth0", "lo", hostileText(chance).slice(0, 15)]) }))),
  leaks: (chance) => ({
    collectedTotal: count(chance),
    last: some(chance, () => ({
      address: chance.pick(["10.244.1.9", "fd00:10:244:1::9", hostileText(chance)]),
      at: hostileTime(chance),
    })).slice(0, 5),
  }),
  drift: (chance) => mutated(fullStatus(1, "first").drift, chance, { times: 1 + chance.below(3) }),
  configGeneration: count,
  conditions: (chance) => mutated(fullStatus(1, "first").conditions, chance, { times: 1 + chance.below(3) }),
  mtu: count,
  summary: (chance) => mutated(fullStatus(1, "first").summary, chance, { times: 2 }),
  peers: (chance) => ({ known: count(chance), routed: count(chance) }),
  bootID: hostileText,
  agentVersion: hostileText,
  reachability: (chance) => ({
    probed: count(chance),
    bad: [...new Set(some(chance, () => node(chance)))].slice(0, 32).map((name) => ({
      node: name,
      family: chance.pick(["IPv4", "IPv6"]),
      reason: chance.pick(["NoAnswer", "FullSizeLost", "NoRoute", hostileText(chance).slice(0, 64)]),
      since: hostileTime(chance),
    })),
  }),
};

/** The first of each cidr, as the server wants a list. */
function unique<T extends { readonly cidr: string }>(list: readonly T[]): T[] {
  return [...new Map(list.map((item) => [item.cidr, item])).values()];
}
