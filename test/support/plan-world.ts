import type { NodeNetwork, NodeNetworkStatus, NodeSubnet } from "../../crds/types.ts";
import { renderTime } from "../../crds/conditions.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import { addressAt, toPrefix } from "../../lib/net/prefix.ts";
import type { Step } from "../../lib/reconcile/kind.ts";
import { decide } from "../../node-agent/plan/decide.ts";
import type { Memory } from "../../node-agent/plan/memory.ts";
import type { QuietSubnets } from "../../node-agent/plan/quiet.ts";
import { allocate } from "../../operator/plan/allocate.ts";
import { isDeadSilent, planHolds } from "../../operator/plan/hold.ts";
import { nodeNetworkSteps } from "../../operator/plan/node-networks.ts";
import { restStep, nodeSubnetSteps, promotions } from "../../operator/plan/node-subnets.ts";
import { readClaim, readLedger, readRecord } from "../../operator/plan/read.ts";
import { ledgerStep, numberingStep } from "../../operator/plan/recovery.ts";
import { isDoneWith, isOwnerGone, releaseCandidates, vanishedClaim } from "../../operator/plan/release.ts";
import type { NodeRecord, Snapshot } from "../../operator/plan/snapshot.ts";
import { bornAtMs, condition, storedMeta } from "./plan-snapshot.ts";

/** A cluster in which an operator plans and whose every write succeeds at once, with agents that decide as real ones do. */
export interface PlanWorld {
  now(): Snapshot;
  change(part: Partial<Snapshot>): void;
  /** What one pass of the operator writes, in words. */
  pass(): string[];
  /** Every agent looks and reports. */
  look(): void;
  /** So many passes, each with a look after it and half a minute gone; gives what was written. */
  rounds(count: number): string[];
  wait(ms: number): void;
  /** So many pods have addresses of a subnet from now on. */
  setPods(cidr: string, count: number): void;
  /** The agent of this node says nothing from now on, or cannot program what it is told. */
  setAgent(node: string, state: "runs" | "is silent" | "fails"): void;
  /** The API server went back in time. */
  goBack(to: Snapshot): void;
  /** e.g. `["node-1 10.244.1.0/24 Active"]` */
  claims(): string[];
  /** What NodeNetworks name, e.g. `["node-1 10.244.1.0/24 Active"]`. */
  told(): string[];
}

interface Machine {
  memory: Memory;
  quiet: QuietSubnets;
}

const nothing: Memory = { spec: undefined, subnets: [], claims: [], acknowledged: undefined };
const patience = { drainMs: 60_000, closingMs: 5_000 };

/** A world that begins with this. */
export function planWorld(parts: Partial<Snapshot>): PlanWorld {
  let snapshot: Snapshot = { ledger: undefined, networks: [], nodes: [], claims: [], records: [], ...parts };
  let nowMs = bornAtMs;
  let incarnations = 0;
  const pods = new Map<string, number>();
  const agents = new Map<string, "runs" | "is silent" | "fails">();
  const machines = new Map<string, Machine>();
  const written: string[] = [];

  const note = (steps: readonly Step<unknown>[]) => {
    for (const { op, kind, key, because } of steps) written.push(`${op} ${kind} ${key}: ${because}`);
  };
  const writeClaims = (steps: readonly Step<NodeSubnet>[]) => {
    note(steps);
    const claims = new Map(snapshot.claims.map((claim) => [claim.object.metadata.name, claim]));
    for (const { op, key, want } of steps) {
      const claim = want && readClaim({ ...want, metadata: storedMeta(key) });
      if (op === "remove" || claim === undefined) claims.delete(key);
      else if (op === "change" || !claims.has(key)) claims.set(key, claim);
    }
    snapshot = { ...snapshot, claims: [...claims.values()] };
  };
  const writeRecords = (steps: readonly Step<NodeNetwork>[]) => {
    note(steps);
    const records = new Map(snapshot.records.map((record) => [record.node, record]));
    for (const { op, key, want } of steps) {
      if (op === "remove" || want === undefined) records.delete(key);
      else records.set(key, readRecord({ ...records.get(key)?.object, ...want, metadata: storedMeta(key) }));
    }
    snapshot = { ...snapshot, records: [...records.values()] };
  };
  const writeLedger = (
    step: Step<NonNullable<Snapshot["ledger"]>["object"] | { spec: unknown }> | undefined,
    want: Snapshot["ledger"],
  ) => {
    if (step !== undefined) note([step]);
    snapshot = { ...snapshot, ledger: want };
  };
  const input = (wentBack = false) => {
    return { nowMs, newIncarnation: `incarnation-${++incarnations}`, recoverySeconds: 300, heartbeatSeconds: 60, wentBack };
  };
  const plan = (wentBack: boolean) => {
    const next = ledgerStep(snapshot, input(wentBack))?.step;
    if (next?.want !== undefined) writeLedger(next, readLedger({ ...next.want, metadata: storedMeta("cluster") }));
    writeClaims(nodeSubnetSteps(snapshot, allocate(snapshot)));
    writeClaims(promotions(snapshot, allocate(snapshot)));
    writeRecords(nodeNetworkSteps(snapshot, allocate(snapshot)));
  };
  const release = () => {
    const allocation = allocate(snapshot);
    const { departed, surplus, vanished, unnumbered, records } = releaseCandidates(snapshot, allocation, (record) =>
      isDeadSilent(record, snapshot, input()),
    );
    const { expired } = planHolds(snapshot, allocation, input());
    const nodeOf = (name: string) => snapshot.nodes.find((node) => node.name === name);
    const isGone = (uid: string, name: string) => {
      const found = nodeOf(name);
      return isOwnerGone(uid, found && { metadata: { uid: found.uid } });
    };
    const recordOf = (name: string) => snapshot.records.find(({ node }) => node === name)?.object;
    const numbering = unnumbered.length === 0 ? undefined : numberingStep(snapshot);
    if (numbering?.want !== undefined) {
      const ledger = readLedger({ ...numbering.want, metadata: storedMeta("cluster") });
      writeLedger(numbering, ledger);
      writeClaims(unnumbered.map(({ object }) => numbered(object, ledger.incarnation, ledger.object.spec.releaseSequence)));
    }
    writeClaims([
      ...departed
        .filter(({ object }) => isGone(object.spec.nodeUID, object.spec.node))
        .map(({ object }) => restStep(object, "its Node is gone", nowMs)),
      ...surplus
        .filter(({ object }) => isDoneWith(object, recordOf(object.spec.node)))
        .map(({ object }) => restStep(object, "its node is done with it", nowMs)),
      ...vanished.map((one) => vanishedClaim(one, nowMs)),
      ...expired.map(({ claim: { object: have }, because }): Step<NodeSubnet> => {
        return { op: "remove", kind: "NodeSubnet", key: have.metadata.name, because, have };
      }),
    ]);
    const orphans = records.filter(({ node, object }) => isGone(object.spec.nodeUID, node));
    writeRecords(
      orphans.map(({ node, object: have }) => ({
        op: "remove",
        kind: "NodeNetwork",
        key: node,
        because: "its Node is gone",
        have,
      })),
    );
  };
  const look = () => {
    const records = snapshot.records.map((record): NodeRecord => {
      const { node, object } = record;
      if (agents.get(node) === "is silent" || !snapshot.nodes.some(({ name }) => name === node)) return record;
      const machine = machines.get(node) ?? { memory: nothing, quiet: new Map() };
      machines.set(node, machine);
      return readRecord({ ...object, status: report(machine, object) });
    });
    snapshot = { ...snapshot, records };
  };
  const report = (machine: Machine, own: Stored<NodeNetwork>): NodeNetworkStatus => {
    const node = own.metadata.name;
    const leases = Array.from(pods, ([cidr, count]) =>
      Array.from({ length: count }, (_, at) => addressAt(toPrefix(cidr), BigInt(at + 2))),
    );
    const mine = leases.flat();
    const view = { own, claims: snapshot.claims.map(({ object }) => object) };
    const sight = { node, view, folder: { path: "", files: [] }, leases: mine, nowMs };
    const { memory, quiet, facts } = decide(machine.memory, machine.quiet, sight, patience);
    Object.assign(machine, { memory, quiet });
    const fails = agents.get(node) === "fails";
    return {
      ...(fails ? {} : { configGeneration: own.spec.configGeneration }),
      ...(fails && own.status?.configGeneration !== undefined ? { configGeneration: own.status.configGeneration } : {}),
      observedAt: renderTime(nowMs),
      nodeUID: own.spec.nodeUID,
      machineID: `machine-of-${node}`,
      ...(facts.acknowledged !== undefined && { acknowledged: facts.acknowledged }),
      subnets: [...(facts.subnets ?? [])],
      lost: [...facts.lost],
      conditions: [condition("Programmed", fails ? "False" : "True")],
    };
  };
  return {
    now: () => snapshot,
    change(part) {
      snapshot = { ...snapshot, ...part };
    },
    pass() {
      written.length = 0;
      plan(false);
      release();
      return [...written];
    },
    look,
    rounds(count) {
      const all: string[] = [];
      for (let round = 0; round < count; round++) {
        all.push(...this.pass());
        look();
        nowMs += 30_000;
      }
      return all;
    },
    wait(ms) {
      nowMs += ms;
    },
    setPods: (cidr, count) => pods.set(cidr, count),
    setAgent: (node, state) => agents.set(node, state),
    goBack(to) {
      snapshot = { ...to, nodes: snapshot.nodes, networks: snapshot.networks };
      plan(true);
    },
    claims: () => snapshot.claims.map(({ object: { spec } }) => `${spec.node} ${spec.cidr} ${spec.state}`).toSorted(),
    told: () =>
      snapshot.records
        .flatMap(({ node, object }) => object.spec.subnets.map(({ cidr, state }) => `${node} ${cidr} ${state}`))
        .toSorted(),
  };
}

function numbered(have: NodeSubnet, incarnation: string, releaseSequence: number): Step<NodeSubnet> {
  const want = { ...have, spec: { ...have.spec, incarnation, releaseSequence } };
  return { op: "change", kind: "NodeSubnet", key: have.metadata.name, because: `it is release ${releaseSequence}`, want, have };
}
