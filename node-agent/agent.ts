import { readConfFolder } from "../cni/conf-folder.ts";
import { readLeases } from "../cni/leases.ts";
import type { NodeNetwork } from "../crds/types.ts";
import { convergeNode, type KindOutcome } from "../lib/linux/converge-node.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { type Claim, type ClaimObject, parseClaims } from "./plan/claim.ts";
import { bridgesOf, type ConfFolder, leavingConflist } from "./plan/conflist-file.ts";
import { faultOf, noSubnet } from "./plan/faults.ts";
import { leftNode } from "./plan/node-state.ts";
import type { RunOutcome } from "./plan/node-status.ts";
import { isProblems, type OwnNetwork, parseOwnNetwork } from "./plan/own-network.ts";
import type { Problem } from "./plan/problem.ts";
import { pluginKeeper } from "./plugin-keeper.ts";
import { type AgentPlace, type Programmed, programNode, warningsOf } from "./program.ts";

/** What the API server said last; both parts complete. */
export interface AgentView {
  /** This node's own NodeNetwork; undefined: there is none. */
  readonly own: NodeNetwork | undefined;
  /** All NodeSubnets. */
  readonly claims: readonly ClaimObject[];
}

/** What one run did. */
export interface AgentRun {
  /** For the report; undefined where there is no NodeNetwork to report to. */
  readonly outcome: RunOutcome | undefined;
  /** What was found and done, kind by kind. */
  readonly kinds: readonly KindOutcome[];
  /** NodeSubnets that could not be read. */
  readonly unreadable: readonly Problem[];
  /** Run again after this long, since something is to follow. */
  readonly againAfterMs?: number;
}

/** Makes one node as the API server says. */
export interface Agent {
  run(view: AgentView): Promise<AgentRun>;
}

/** How long a configuration stands closed before it may go: a pod that was being made when it closed has its address by then. */
const closingMs = 5_000;

/**
 * The agent of one node. It remembers the last spec that could be programmed, for when the next one is wrong or gone, and since when it is closing.
 * Every run observes the machine anew; between runs nothing happens.
 */
export function createAgent(node: string, place: AgentPlace, clock: Pick<Clock, "now">): Agent {
  const plugins = pluginKeeper(place.plugins);
  let lastOwn: OwnNetwork | undefined;
  let closedAtMs: number | undefined;

  const program = (own: OwnNetwork, claims: readonly Claim[], folder: ConfFolder, leaving: boolean): Promise<Programmed> =>
    programNode({ node, place, own, claims, folder, leaving, plugins: (names) => plugins.provide(names) });

  /** Closes the configuration, and takes everything down when it has been closed for a while and no pod holds an address. */
  const leave = async (claims: readonly Claim[], folder: ConfFolder): Promise<Pick<AgentRun, "kinds" | "againAfterMs">> => {
    closedAtMs ??= clock.now();
    const waitMs = bridgesOf(folder).length > 0 ? closedAtMs + closingMs - clock.now() : 0;
    const stays = waitMs > 0 || (await readLeases(place.cniStateFolder)).length > 0;
    const again = waitMs > 0 ? { againAfterMs: waitMs } : {};
    if (stays && lastOwn !== undefined) return { kinds: (await program(lastOwn, claims, folder, true)).kinds, ...again };
    if (!stays) lastOwn = undefined;
    const kinds = await convergeNode(place, { ...(stays ? {} : leftNode), files: leavingConflist(folder, stays) });
    return { kinds, ...again };
  };

  /** Goes on with the last good spec where there is one, and changes nothing where there is none. */
  const refuse = async (problems: readonly Problem[], claims: readonly Claim[], folder: ConfFolder): Promise<Programmed> => {
    const refused = { programmed: undefined, faults: problems.map(faultOf), warnings: warningsOf(folder), kinds: [] };
    if (lastOwn === undefined) return refused;
    const kept = await program(lastOwn, claims, folder, false);
    return { ...kept, faults: [...refused.faults, ...kept.faults] };
  };

  const programmed = (own: OwnNetwork | Problem[], claims: readonly Claim[], folder: ConfFolder): Promise<Programmed> => {
    closedAtMs = undefined;
    if (isProblems(own)) return refuse(own, claims, folder);
    lastOwn = own;
    return program(own, claims, folder, false);
  };

  const run = async (view: AgentView): Promise<AgentRun> => {
    const { claims, problems: unreadable } = parseClaims(view.claims);
    const folder = { path: place.confFolder, files: await readConfFolder(place.confFolder) };
    if (view.own !== undefined && view.own.spec.subnets.length > 0) {
      const { kinds, ...outcome } = await programmed(parseOwnNetwork(view.own.spec), claims, folder);
      return { outcome: { configGeneration: view.own.spec.configGeneration, ...outcome }, kinds, unreadable };
    }
    const outcome = view.own && withoutSubnet(view.own, folder);
    return { outcome, unreadable, ...(await leave(claims, folder)) };
  };

  return { run };
}

function withoutSubnet(own: NodeNetwork, folder: ConfFolder): RunOutcome {
  const { configGeneration } = own.spec;
  return { configGeneration, programmed: undefined, faults: [noSubnet()], warnings: warningsOf(folder) };
}
