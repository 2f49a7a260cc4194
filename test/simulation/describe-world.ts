import { nodes } from "../../lib/kube/builtin.ts";
import { nodeNetworks, nodeSubnets, podNetworks, rangeLedgers, type Truth } from "./truth.ts";
import { ledgerName } from "../../crds/names.ts";
import { allocate } from "../../operator/plan/allocate.ts";
import { nodeNetworkSteps } from "../../operator/plan/node-networks.ts";
import { nodeSubnetSteps, promotions } from "../../operator/plan/node-subnets.ts";
import { readClaim, readLedger, readNetwork, readNode, readRecord } from "../../operator/plan/read.ts";
import { releaseCandidates } from "../../operator/plan/release.ts";
import type { StoreView } from "./object-store.ts";
import type { World } from "./world.ts";

/** Everything there is, an object or a machine a line. */
export function describeWorld({ machines }: Truth, { view }: World): string[] {
  return [
    ...view.list(podNetworks).map(({ metadata, spec, status }) => {
      const conditions = status?.conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`);
      return `PodNetwork ${metadata.name} ${metadata.uid} ${json([metadata.deletionTimestamp, metadata.finalizers, spec, conditions])}`;
    }),
    ...view.list(rangeLedgers).map(({ spec }) => `RangeLedger ${json(spec)}`),
    ...view.list(nodes).map(({ metadata, status }) => {
      const { name, uid, labels, deletionTimestamp } = metadata;
      return `Node ${name} ${uid} ${json([labels, deletionTimestamp, status?.nodeInfo?.machineID, status?.conditions])}`;
    }),
    ...view.list(nodeSubnets).map(({ metadata, spec }) => `NodeSubnet ${metadata.name} ${metadata.uid} ${json(spec)}`),
    ...view.list(nodeNetworks).map(({ metadata, spec, status }) => `NodeNetwork ${metadata.name} ${json([spec, status])}`),
    ...planOf(view),
    ...machines.map(({ machineID, node, isOn, reaches, bridge, pods, agent, bootID }) => {
      const state = { isOn, reaches, bridge: [...bridge.keys()], pods: [...pods.values()], agent: agent?.alive(), bootID };
      return `machine ${machineID} of ${node} ${json(state, ["address"])}`;
    }),
  ];
}

/** What the operator would do next. */
function planOf(view: StoreView): string[] {
  const ledger = view.get(rangeLedgers, ledgerName);
  const snapshot = {
    ledger: ledger && readLedger(ledger),
    networks: view.list(podNetworks).map(readNetwork),
    nodes: view.list(nodes).map(readNode),
    claims: view.list(nodeSubnets).flatMap((claim) => readClaim(claim) ?? []),
    records: view.list(nodeNetworks).map(readRecord),
  };
  const plan = allocate(snapshot);
  const steps = [...nodeSubnetSteps(snapshot, plan), ...promotions(snapshot, plan), ...nodeNetworkSteps(snapshot, plan)];
  const { departed, surplus, vanished, unnumbered } = releaseCandidates(snapshot, plan);
  return [
    ...steps.map(({ op, kind, key, because }) => `planned: ${op} ${kind} ${key}: ${because}`),
    ...plan.failures.map(({ node, code, message }) => `refused: ${node} ${code} ${message}`),
    `departed, surplus, unnumbered: ${json([departed, surplus, unnumbered].map((some) => some.map(({ object }) => object.metadata.name)))}`,
    `vanished: ${json(vanished.map(({ node, entry }) => [node, entry.cidr]))}`,
  ];
}

function json(value: unknown, without: readonly string[] = []): string {
  return JSON.stringify(value, (key, part: unknown) => (without.includes(key) ? undefined : part));
}
