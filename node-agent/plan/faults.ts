import type { PluginReport } from "../../cni/plugins.ts";
import { mark } from "../../lib/linux/kinds/mark.ts";
import type { KindOutcome } from "../../lib/linux/stage.ts";
import { compareText } from "../../lib/text/order.ts";
import type { Problem } from "./problem.ts";
import type { PeerClaim } from "./routes.ts";

/** Why this node is not programmed in full. Peers that cannot be reached are no faults of the node. */
export interface Fault {
  /** A reason as conditions have it, e.g. `"LinkFailed"`. */
  readonly reason: string;
  readonly message: string;
}

/** A node whose pods cannot be reached from here, or not all of them. */
export interface UnroutedPeer {
  readonly node: string;
  readonly message: string;
}

/** The key of the table without which a pod can claim to be its gateway. */
const gatewayTable = `bridge ${mark.tableName}`;

/** Why a pod of this node can claim to be its gateway, as sentences. */
export function unguarded(outcomes: readonly KindOutcome[]): string[] {
  const errors = outcomes.filter(({ kind }) => kind === "table").flatMap((outcome) => outcome.errors);
  return errors
    .filter(({ key, op }) => key === gatewayTable && op !== "remove")
    .map(({ message }) => `a pod can claim to be the gateway, since ${whyUnguarded(message)}`);
}

/** What the kernel says of a family of tables that it was built without. */
const unknownFamily = /Operation not supported|Address family not supported/;

function whyUnguarded(message: string): string {
  return unknownFamily.test(message)
    ? `the kernel takes no nftables of bridges (${message}); use one with CONFIG_NF_TABLES_BRIDGE`
    : `the table that forbids it could not be written (${message}); it is tried again, so mend what that says if it stays`;
}

/**
 * What went wrong with the node's own part of a run. A nexthop object that cannot be made is none: its routes say their way themselves then. Nor is
 * the table of bridges: see `unguarded`; nor a port: it is one pod's, and the others, old and new, need nothing of it.
 */
export function ownFaults(outcomes: readonly KindOutcome[], peers: readonly PeerClaim[]): Fault[] {
  const peerRoutes = new Set(peers.map((peer) => peer.prefix));
  const own = outcomes.filter(({ kind }) => kind !== "nexthop" && kind !== "port");
  return own.flatMap(({ kind, errors, unseen }) => [
    ...(unseen === undefined ? [] : [{ reason: `${capitalized(kind)}Unseen`, message: unseen }]),
    ...errors
      .filter(({ key }) => (kind !== "route" || !peerRoutes.has(key)) && (kind !== "table" || key !== gatewayTable))
      .map((error) => ({ reason: `${capitalized(kind)}Failed`, message: `${kind} ${error.key}: ${error.message}` })),
  ]);
}

/** The plugins without which pods cannot be made. */
export function pluginFaults(reports: readonly PluginReport[]): Fault[] {
  return reports
    .filter((report) => report.outcome === "missing")
    .map((report) => ({ reason: "PluginMissing", message: report.message }));
}

/** A problem as the reason of a condition. */
export function faultOf(problem: Problem): Fault {
  return { reason: problem.code, message: problem.message };
}

/** The fault of a node that is told to have no subnet. */
export function noSubnet(): Fault {
  return {
    reason: "NoSubnet",
    message: "this node has no subnet: look at the PodNetwork's conditions for why, e.g. no free subnet in its ranges",
  };
}

/** The fault of a node on which it cannot be seen what pods have. */
export function leasesUnseen(reason: string): Fault {
  return {
    reason: "LeasesUnseen",
    message: `the addresses of pods cannot be read (${reason}), so no subnet is given up; make the folder readable`,
  };
}

/** The peers without a route: those that could not be planned, and those whose route could not be written. By name of node, one each. */
export function unroutedPeers(peers: readonly PeerClaim[], outcomes: readonly KindOutcome[]): UnroutedPeer[] {
  const errors = outcomes.filter(({ kind }) => kind === "route").flatMap(({ errors }) => errors);
  const failed = new Map(errors.map((error) => [error.key, error.message]));
  const found = new Map<string, string>();
  for (const { node, prefix, path } of peers) {
    const message = "code" in path ? path.message : failed.get(prefix);
    if (message !== undefined && !found.has(node)) found.set(node, message);
  }
  return [...found].toSorted(([a], [b]) => compareText(a, b)).map(([node, message]) => ({ node, message }));
}

/** How many other nodes there are, and to how many of them every route is written. */
export function countedPeers(
  peers: readonly PeerClaim[],
  outcomes: readonly KindOutcome[],
): { readonly known: number; readonly routed: number } {
  const known = new Set(peers.map((peer) => peer.node)).size;
  return { known, routed: known - unroutedPeers(peers, outcomes).length };
}

/** Messages as one text of bounded length: the first few, and how many more. */
export function joined(messages: readonly string[], limit = 5): string {
  const rest = messages.length - limit;
  const text = messages.slice(0, limit).map((message) => message.slice(0, 600));
  return [...text, ...(rest > 0 ? [`and ${rest} more`] : [])].join("; ");
}

function capitalized(kind: string): string {
  return kind.charAt(0).toUpperCase() + kind.slice(1);
}
