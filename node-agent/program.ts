import { type PluginName, pluginsFor } from "../cni/plan/plugin-names.ts";
import type { PluginFolders, PluginReport } from "../cni/plugins.ts";
import { adoptBridge } from "../lib/linux/adopt-bridge.ts";
import { convergeNode, type NodePlace } from "../lib/linux/converge-node.ts";
import type { KindOutcome } from "../lib/linux/stage.ts";
import type { FileSet } from "../lib/linux/node-state.ts";
import { isFromOutside } from "../lib/linux/system-error.ts";
import { gatherFacts } from "./gather.ts";
import { bridgeAddresses } from "./plan/bridge.ts";
import type { Claim } from "./plan/claim.ts";
import { bridgesOf, type ConfFolder, foreignBefore, keptConflist, mtuOn, openConflist } from "./plan/conflist-file.ts";
import { type Fault, faultOf, ownFaults, pluginFaults } from "./plan/faults.ts";
import { groundOf } from "./plan/ground.ts";
import type { NodeFacts } from "./plan/node-facts.ts";
import { type KernelState, planNode } from "./plan/node-state.ts";
import type { RunOutcome, Warnings } from "./plan/node-status.ts";
import type { OwnNetwork } from "./plan/own-network.ts";
import { planProbing, type Probing } from "./plan/probing.ts";
import type { TunnelMoment } from "./plan/tunnel-use.ts";

/** The machine an agent works on. */
export interface AgentPlace extends NodePlace {
  /** Where runtimes look for configurations, e.g. `"/etc/cni/net.d"`. */
  readonly confFolder: string;
  /** Where plugins keep their state, e.g. `"/var/lib/cni"`. */
  readonly cniStateFolder: string;
  /** Where the namespaces of pods are, e.g. `"/run/netns"`. */
  readonly netnsFolder: string;
  readonly plugins: PluginFolders;
}

/** What is to be programmed, and where. */
export interface Task {
  readonly node: string;
  readonly place: AgentPlace;
  readonly own: OwnNetwork;
  readonly claims: readonly Claim[];
  readonly tunnels: TunnelMoment;
  readonly folder: ConfFolder;
  readonly plugins: (names: readonly PluginName[]) => Promise<readonly PluginReport[]>;
}

/** What came of it. */
export type Programmed = Pick<RunOutcome, "programmed" | "faults" | "warnings"> & {
  readonly kinds: readonly KindOutcome[];
  /** Whom to probe; absent: as before. Planned by whoever probes, so that programming does not wait for it. */
  readonly probing?: () => Probing;
};

/**
 * Programs a node: the kernel and the plugins first, then, only if all of the node's own part is there, the CNI configuration.
 * One peer that cannot be reached does not hold the node back.
 */
export async function programNode(task: Task): Promise<Programmed> {
  const { node, place, own, claims, tunnels, folder } = task;
  const facts = await observed(() => gatherFacts(place, node, own, claims));
  if ("reason" in facts) return unprogrammed(task, [facts]);
  const plan = planNode(node, own, claims, facts, tunnels);
  if ("code" in plan) return unprogrammed(task, [faultOf(plan)]);
  const kernel = await convergeKernel(task, plan.kernel);
  const reports = await task.plugins(pluginsFor(own));
  const faults = [...ownFaults(kernel, plan.peers), ...pluginFaults(reports)];
  const files = await convergeNode(place, { files: filesFor(task, faults.length === 0 ? plan.mtu : undefined) });
  return {
    programmed: { own, plan, outcomes: kernel },
    faults: [...faults, ...ownFaults(files, [])],
    warnings: { ...warningsOf(folder, own), ...factWarnings(facts, reports) },
    kinds: [...kernel, ...files],
    probing: () => planProbing(node, own, claims, plan),
  };
}

/** What can be said of the machine where nothing was programmed. */
export function warningsOf(folder: ConfFolder, own?: OwnNetwork): Warnings {
  return {
    confFolder: folder.path,
    foreignConflists: own === undefined ? [] : foreignBefore(folder, own.confName),
    missingPlugins: [],
    bridgeNetfilterMissing: false,
  };
}

function factWarnings(facts: NodeFacts, reports: readonly PluginReport[]): Partial<Warnings> {
  return {
    missingPlugins: pluginFaults(reports).map((fault) => fault.message),
    bridgeNetfilterMissing: !facts.bridgeNetfilter,
  };
}

/** `mtu`: of the pods; undefined: the node is not programmed in full. */
function filesFor({ own, folder }: Task, mtu: number | undefined): FileSet {
  return mtu === undefined ? keptConflist(folder, own.open) : openConflist(folder, own, mtu);
}

/** A node about which too little is known to program it: what stands is kept and mended, as far as it depends on nothing of that. */
async function unprogrammed(task: Task, faults: readonly Fault[]): Promise<Programmed> {
  const { node, own, claims, tunnels, folder } = task;
  const ground = groundOf(node, own, claims, mtuOn(folder, own.bridge), tunnels.lingering);
  const kinds = await convergeNode(task.place, { ...ground, files: filesFor(task, undefined) });
  const warnings = warningsOf(task.folder, task.own);
  return { programmed: undefined, faults: [...faults, ...ownFaults(kinds, [])], warnings, kinds };
}

/** A bridge that is not ours, but was made by a plugin that a configuration of ours told to, before this agent came, is taken over first. */
async function convergeKernel({ place, own, folder }: Task, wanted: KernelState): Promise<KindOutcome[]> {
  const outcomes = await convergeNode(place, wanted);
  const isRefused = outcomes.some(({ kind, errors }) => kind === "link" && errors.length > 0);
  if (!isRefused || !bridgesOf(folder).includes(own.bridge)) return outcomes;
  const addresses = bridgeAddresses(own).map(({ address }) => address);
  const adoption = await observed(async () => ({ done: await adoptBridge(place.exec, own.bridge, addresses) }));
  return "done" in adoption && adoption.done ? convergeNode(place, wanted) : outcomes;
}

/** The value, or as a fault why the machine did not give it; what is a mistake of ours is thrown on. */
async function observed<V extends object>(read: () => Promise<V>): Promise<V | Fault> {
  try {
    return await read();
  } catch (error) {
    if (isFromOutside(error)) return { reason: "NodeUnseen", message: error.message };
    throw error;
  }
}
