import { readConfFolder } from "../cni/conf-folder.ts";
import { readLeases } from "../cni/leases.ts";
import type { NodeNetworkSpec } from "../crds/types.ts";
import type { Address } from "../lib/net/address.ts";
import { convergeNode } from "../lib/linux/converge-node.ts";
import type { KindOutcome } from "../lib/linux/stage.ts";
import { isFromOutside } from "../lib/linux/system-error.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { addressedTo } from "./plan/addressee.ts";
import type { JournalFile, Recalled } from "./journal-file.ts";
import { closingMs, createLeaving } from "./leaving.ts";
import { createMender } from "./mender.ts";
import { type ConfFolder, keptConflist, subnetsIn } from "./plan/conflist-file.ts";
import { type AgentView, decide, type Decision } from "./plan/decide.ts";
import { type Fault, leasesUnseen, noSubnet } from "./plan/faults.ts";
import type { Identity } from "./plan/journal.ts";
import type { Memory } from "./plan/memory.ts";
import type { RunOutcome } from "./plan/node-status.ts";
import { noProbing, type Probing } from "./plan/probing.ts";
import type { Problem } from "./plan/problem.ts";
import type { QuietSubnets } from "./plan/quiet.ts";
import { readPodVeths } from "./pod-veths.ts";
import { type AgentPlace, type Programmed, warningsOf } from "./program.ts";
import { createServing } from "./serving.ts";
import { closeUnserved } from "./unserved.ts";

export interface AgentOptions {
  readonly node: string;
  readonly place: AgentPlace;
  readonly identity: Identity;
  readonly journal: JournalFile;
  /** Between the two looks without a lease that make a subnet drained. */
  readonly drainMs: number;
  readonly clock: Pick<Clock, "now">;
}

/** What one run did. */
export interface AgentRun {
  /** For the report; undefined where there is no NodeNetwork to report to. */
  readonly outcome: RunOutcome | undefined;
  /** What was found and done, kind by kind. */
  readonly kinds: readonly KindOutcome[];
  /** A NodeNetwork for another machine, NodeSubnets that could not be read, and a journal that could not be used. */
  readonly unreadable: readonly Problem[];
  /** Run again after this long, since something is to follow. */
  readonly againAfterMs?: number;
  /** Whom to probe from now on; absent: as before. */
  readonly probing?: () => Probing;
}

/** Makes one node as the API server says. */
export interface Agent {
  /**
   * `view` undefined: the API server was not heard yet. Then the journal is gone by, where it is of this boot. Else no more is done than to close what an
   * earlier boot left open; undefined comes back where there was nothing to close. `because`: why the node is looked at, e.g. lines of `ip monitor`.
   */
  run(view: AgentView | undefined, because?: readonly string[]): Promise<AgentRun | undefined>;
}

type Acted = Programmed & Pick<AgentRun, "againAfterMs" | "probing">;

/** The leases, or why they cannot be read. */
type Leases = readonly Address[] | Fault;

/**
 * The agent of one node. What it must not forget stands in its journal before anything is changed by it; beside that it remembers only since when subnets
 * are closed, and tunnels without use. Every run observes the machine anew; between runs nothing happens.
 */
export function createAgent({ node, identity, journal, drainMs, clock, ...options }: AgentOptions): Agent {
  const place: AgentPlace = { ...options.place, podVeths: () => readPodVeths(options.place.cniStateFolder) };
  const serving = createServing(node, place, clock);
  const leaving = createLeaving(place, clock);
  let recalled: Recalled | undefined;
  let memory: Memory | undefined;
  let quiet: QuietSubnets = new Map();
  let hasServed = false;
  const mender = createMender(place);

  /** Serves the subnets that there are. Without any it takes everything down, unless some may be left from before: then it closes what is surely gone. */
  const act = async ({ own, memory: { claims, subnets } }: Decision, folder: ConfFolder, leases: Leases): Promise<Acted> => {
    if (own !== undefined) {
      hasServed = true;
      leaving.stop();
      return serving.step(own, claims, folder);
    }
    serving.stop();
    const idle = { programmed: undefined, faults: [noSubnet()], warnings: warningsOf(folder), probing: () => noProbing };
    if (subnets.length > 0) {
      const rightful = subnets.filter(({ state }) => state === "Active" || state === "Draining").map(({ prefix }) => prefix);
      return { ...idle, kinds: await convergeNode(place, { files: keptConflist(folder, rightful) }) };
    }
    const { isLeft, ...left } = await leaving.step(folder, isFault(leases) || leases.length > 0);
    if (isLeft && memory !== undefined) memory = { ...memory, spec: undefined };
    return { ...idle, ...left };
  };

  const run: Agent["run"] = async (heard, because = []) => {
    const mended = await mender.mend(because);
    const { view, problem } = addressedTo(identity, heard);
    recalled ??= await journal.read();
    const { before, closed, folder } = await begin(place, recalled, { memory, hasServed });
    if (view === undefined && !recalled.isOfThisBoot) {
      memory = before;
      return closed.length === 0 ? undefined : { outcome: undefined, kinds: closed, unreadable: [] };
    }
    const leases = await seenLeases(place.cniStateFolder);
    const sight = { node, view, folder, leases: isFault(leases) ? undefined : leases, nowMs: clock.now() };
    const decision = ({ memory, quiet } = decide(before, quiet, sight, { drainMs, closingMs }));
    const unwritten = await journal.write(memory);
    const { kinds, againAfterMs, probing, ...acted } = await act(decision, folder, leases);
    mender.left(acted);
    return {
      outcome: view?.own && { ...outcomeOf(view.own.spec, decision, acted, leases), identity },
      kinds: [...mended, ...closed, ...kinds],
      unreadable: [problem, recalled.problem, unwritten, ...decision.unreadable].filter((problem) => problem !== undefined),
      ...followUp(probing, againAfterMs, decision.againAfterMs),
    };
  };

  return { run };
}

/** Closes what an earlier boot left open, as long as nothing is served. Configurations as they were found may be all that is known of what there was. */
async function begin(
  place: AgentPlace,
  { isOfThisBoot, ...recalled }: Recalled,
  { memory, hasServed }: { readonly memory: Memory | undefined; readonly hasServed: boolean },
): Promise<{ before: Memory; closed: KindOutcome[]; folder: ConfFolder }> {
  const folder = await readFolder(place);
  const before = memory ?? recalled.memory ?? withEvidence(folder);
  const closed = isOfThisBoot || hasServed ? [] : await closeUnserved(place, folder);
  return { before, closed, folder: closed.length === 0 ? folder : await readFolder(place) };
}

function followUp(
  probing: AgentRun["probing"],
  ...waits: readonly (number | undefined)[]
): Pick<AgentRun, "againAfterMs" | "probing"> {
  const known = waits.filter((wait) => wait !== undefined);
  return { ...(known.length === 0 ? {} : { againAfterMs: Math.min(...known) }), ...(probing === undefined ? {} : { probing }) };
}

async function readFolder({ confFolder: path }: AgentPlace): Promise<ConfFolder> {
  return { path, files: await readConfFolder(path) };
}

/** Where nothing is remembered, the configuration that stands tells which subnets pods may have addresses of. */
function withEvidence(folder: ConfFolder): Memory {
  return { spec: undefined, subnets: subnetsIn(folder), claims: [], acknowledged: undefined };
}

/** A spec without subnets is a question: a report that can name the leases answers it in full. */
function outcomeOf(
  { configGeneration, subnets }: NodeNetworkSpec,
  { faults: kept, facts }: Decision,
  { faults: found, programmed, warnings }: Omit<Programmed, "kinds">,
  leases: Leases,
): Omit<RunOutcome, "identity"> {
  const faults = [...kept, ...found, ...(isFault(leases) ? [leases] : [])];
  const isDone = subnets.length === 0 ? !isFault(leases) : faults.length === 0;
  return { configGeneration, isDone, programmed, faults, warnings, facts };
}

function isFault(leases: Leases): leases is Fault {
  return !Array.isArray(leases);
}

async function seenLeases(stateFolder: string): Promise<Leases> {
  try {
    return await readLeases(stateFolder);
  } catch (error) {
    if (isFromOutside(error)) return leasesUnseen(error.message);
    throw error;
  }
}
