import { type Clock } from "../../lib/reconcile/clock.ts";
import type { Prefix } from "../../lib/net/prefix.ts";
import { renderPrefix } from "../../lib/net/prefix.ts";
import { closingMs } from "../../node-agent/leaving.ts";
import type { Claim } from "../../node-agent/plan/claim.ts";
import {
  bridgesOf,
  keptConflist,
  leavingConflist,
  openConflist,
  subnetsIn,
  unservedConflist,
} from "../../node-agent/plan/conflist-file.ts";
import { addressedTo } from "../../node-agent/plan/addressee.ts";
import { type AgentView, decide, type Decision } from "../../node-agent/plan/decide.ts";
import { noSubnet } from "../../node-agent/plan/faults.ts";
import { parseJournal, remembered, renderJournal } from "../../node-agent/plan/journal.ts";
import { leftNode } from "../../node-agent/plan/node-state.ts";
import type { Memory } from "../../node-agent/plan/memory.ts";
import type { RunOutcome } from "../../node-agent/plan/node-status.ts";
import type { OwnNetwork } from "../../node-agent/plan/own-network.ts";
import type { QuietSubnets } from "../../node-agent/plan/quiet.ts";
import { confFolder, leasesOf, type Machine, writeFiles } from "./machine.ts";

export interface SimAgentOptions {
  readonly machine: Machine;
  readonly clock: Clock;
  readonly drainMs: number;
  /** Something on the machine takes its time. The process may die of it. */
  readonly takeTime: () => Promise<void>;
  /** Called after each change of the bridge: subnets that came and that went. */
  readonly onBridge: (machine: Machine, gone: readonly string[]) => void;
}

/** What one run came to, as of the real agent. */
export interface SimRun {
  readonly outcome: RunOutcome | undefined;
  readonly againAfterMs: number | undefined;
}

/** As node-agent/agent.ts, with the machine in place of files and kernel: the same plans, in the same order of reading, writing down and acting. */
export function createSimAgent(options: SimAgentOptions): (view: AgentView | undefined) => Promise<SimRun | undefined> {
  const { machine, clock, drainMs, takeTime } = options;
  const identity = { machineID: machine.machineID, bootID: machine.bootID };
  const leaving = createSimLeaving(options);
  let recalled: { readonly memory: Memory | undefined; readonly isOfThisBoot: boolean } | undefined;
  let memory: Memory | undefined;
  let quiet: QuietSubnets = new Map();
  let wasHeard = false;

  const act = async ({ own, memory: { claims, subnets } }: Decision, folder: Folder, hasLeases: boolean): Promise<Acted> => {
    if (own !== undefined) {
      leaving.stop();
      await program(options, own, claims, folder);
      return { isLeft: false, waitMs: undefined };
    }
    if (subnets.length === 0) return leaving.step(folder, hasLeases);
    const rightful = subnets.filter(({ state }) => state === "Active" || state === "Draining").map(({ prefix }) => prefix);
    writeFiles(machine, keptConflist(folder, rightful));
    return { isLeft: false, waitMs: undefined };
  };

  const recall = async () => {
    await takeTime();
    const journal = machine.journal === undefined ? undefined : parseJournal(machine.journal);
    const isOfThisBoot = journal !== undefined && journal.bootID === identity.bootID;
    return { memory: journal && remembered(journal, identity), isOfThisBoot };
  };

  return async (heard) => {
    const { view } = addressedTo(identity, heard);
    recalled ??= await recall();
    memory ??= recalled.memory ?? withEvidence(machine);
    if (!recalled.isOfThisBoot && !wasHeard) closeUnserved(machine);
    machine.isLookedAt = true;
    if (view === undefined && !recalled.isOfThisBoot) return undefined;
    wasHeard ||= view !== undefined;
    const folder = folderOf(machine);
    await takeTime();
    const leases = leasesOf(machine);
    const sight = { node: machine.node, view, folder, leases, nowMs: clock.now() };
    const decision = decide(memory, quiet, sight, { drainMs, closingMs });
    ({ memory, quiet } = decision);
    await takeTime();
    machine.journal = renderJournal({ ...identity, memory });
    await takeTime();
    const { isLeft, waitMs } = await act(decision, folder, leases.length > 0);
    if (isLeft) memory = { ...memory, spec: undefined };
    return { outcome: outcomeOf(view, decision, identity), againAfterMs: soonest(waitMs, decision.againAfterMs) };
  };
}

const bridgeName = "cni0";

function withEvidence(machine: Machine): Memory {
  return { spec: undefined, subnets: subnetsIn(folderOf(machine)), claims: [], acknowledged: undefined };
}

function closeUnserved(machine: Machine): void {
  writeFiles(machine, unservedConflist(folderOf(machine), machine.bridge.size === 0 ? [] : [bridgeName]));
}

function soonest(...waits: readonly (number | undefined)[]): number | undefined {
  const all = waits.filter((wait) => wait !== undefined);
  return all.length === 0 ? undefined : Math.min(...all);
}

function folderOf(machine: Machine): Folder {
  return { path: confFolder, files: machine.confFiles };
}

type Folder = Parameters<typeof openConflist>[0];

async function program(options: SimAgentOptions, own: OwnNetwork, claims: readonly Claim[], folder: Folder): Promise<void> {
  const { machine, takeTime } = options;
  setBridge(options, own.subnets);
  const others = claims.filter(({ node }) => node !== machine.node);
  machine.routes = new Map(others.map(({ prefix, node }) => [renderPrefix(prefix), node]));
  await takeTime();
  writeFiles(machine, openConflist(folder, own, 1_500));
}

function setBridge({ machine, onBridge }: SimAgentOptions, subnets: readonly Prefix[]): void {
  const wanted = new Map(subnets.map((prefix) => [renderPrefix(prefix), prefix]));
  const gone = [...machine.bridge.keys()].filter((cidr) => !wanted.has(cidr));
  const isSame = gone.length === 0 && wanted.size === machine.bridge.size;
  if (isSame) return;
  machine.hint?.();
  machine.bridge.clear();
  for (const [cidr, prefix] of wanted) machine.bridge.set(cidr, prefix);
  onBridge(machine, gone);
}

interface Acted {
  readonly isLeft: boolean;
  readonly waitMs: number | undefined;
}

/** As node-agent/leaving.ts. */
function createSimLeaving(options: SimAgentOptions) {
  const { machine, clock } = options;
  let closedAtMs: number | undefined;
  return {
    step(folder: Folder, hasLeases: boolean) {
      closedAtMs ??= clock.now();
      const waitMs = bridgesOf(folder).length > 0 ? closedAtMs + closingMs - clock.now() : 0;
      const stays = waitMs > 0 || hasLeases;
      if (!stays) {
        setBridge(options, []);
        machine.routes = new Map();
      }
      writeFiles(machine, leavingConflist(folder, stays));
      return { isLeft: !stays, waitMs: waitMs > 0 ? waitMs : undefined };
    },
    stop: () => {
      closedAtMs = undefined;
    },
  };
}

function outcomeOf(
  view: AgentView | undefined,
  { faults: kept, facts, own }: Decision,
  identity: RunOutcome["identity"],
): RunOutcome | undefined {
  if (view?.own === undefined) return undefined;
  const { configGeneration, subnets } = view.own.spec;
  const faults = own === undefined ? [...kept, noSubnet()] : kept;
  const warnings = { confFolder, foreignConflists: [], missingPlugins: [], bridgeNetfilterMissing: false };
  const asked = { mtu: 1_500, peers: [], neighborsAsked: { 4: 0, 6: 0 } } as const;
  const programmed = own && { own, plan: { kernel: { ...leftNode, ports: own, sysctls: [] }, ...asked }, outcomes: [] };
  return { configGeneration, isDone: subnets.length === 0 || faults.length === 0, programmed, faults, warnings, facts, identity };
}
