import { countOf, renderFirst } from "../../lib/text/counts.ts";
import type { CapacityReport, DrainReport, NetworkReport, NodeReport, PlanReport, RouteCounts } from "./report.ts";
import type { Refusal } from "./refusal.ts";

/** One part of a plan for people. */
export interface Section {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Below the rows, e.g. how many are left out. */
  readonly note?: string;
}

/** A plan for people, in the order in which they want to know; parts without content are left out. No list but that of refusals is longer than `limit`. */
export function sectionsOf(report: PlanReport, limit: number): Section[] {
  const { networks, refusals, nodes, routes, ledger, warnings, notes } = report;
  const all: Section[] = [
    section("Refused", ["network", "by", "file", "what"], refusals.map(refusalRow), Infinity),
    section("Networks", networkColumns, networks.map(networkRow), limit),
    section("Drains", ["network", "leaves", "nodes", "under way", "needs"], networks.flatMap(drainRow), limit),
    section("Deletions", ["network", "waits for"], networks.flatMap(deletionRow), limit),
    section("Warnings", ["network", "code", "what"], warnings.map(warningRow), limit),
    section(
      "Notes",
      ["network", "what"],
      notes.map(({ network, message }) => [network, message]),
      limit,
    ),
    section("Nodes", ["node", "network", "gets", "keeps", "loses", "NodeNetwork", "routes"], nodes.map(nodeRow), limit),
    section(
      `Routes: ${countsText(routes.total)} on ${countOf(routes.nodes, "node")}`,
      ["", "to", "via", "node"],
      routes.changes.map(({ change, cidr, via, node }) => [change, cidr, via, node]),
      limit,
    ),
    section(
      "Ledger",
      ["", "range", "cut into", "network", "epoch"],
      ledger.map((entry) => [entry.change, entry.cidr, `/${entry.nodePrefixLength}`, entry.network, `${entry.epoch}`]),
      limit,
    ),
  ];
  return all.filter(({ rows }) => rows.length > 0);
}

function section(title: string, columns: readonly string[], rows: readonly (readonly string[])[], limit: number): Section {
  const left = rows.length - limit;
  const note = `and ${left} more; -o json has them all, --limit N shows more`;
  return { title, columns, rows: rows.slice(0, limit), ...(left > 0 && { note }) };
}

function refusalRow({ network, by, file = "", path, message }: Refusal): string[] {
  return [network, by, file, path === "" ? message : `${path}: ${message}`];
}

function warningRow({ network, code, message }: PlanReport["warnings"][number]): string[] {
  return [network, code, message];
}

const networkColumns = ["network", "change", "verdict", "nodes", "get", "keep", "lose", "free", "room for"];

function networkRow({ name, change, accepted, refusedBy, nodes, before, after }: NetworkReport): string[] {
  const verdict = refusedBy === undefined ? (accepted ? "accepted" : "not accepted") : `refused by ${refusedBy}`;
  const [was, is] = [before?.nodesUntilExhaustion, after?.nodesUntilExhaustion];
  const room =
    is === undefined ? "" : was === undefined || was === is ? countOf(is, "more node") : `${was} → ${countOf(is, "more node")}`;
  return [name, change, verdict, ...[nodes.members, nodes.get, nodes.keep, nodes.lose].map(String), freeText(after), room];
}

/** e.g. `"10.244.0.0/16 235 of 256"`. */
function freeText(capacity: CapacityReport | undefined): string {
  return (capacity?.ranges ?? []).map(({ cidr, free, total }) => `${cidr} ${free} of ${total}`).join(", ");
}

function drainRow({ name, drain }: NetworkReport): string[][] {
  if (drain === undefined) return [];
  const { ranges, moving, waiting, room } = drain;
  const nodes = `${moving.length + waiting.length}, ${budgetText(drain)}`;
  const needs = room.map(({ family, needed, free }) => `${needed} ${family} subnets, ${free} free`).join("; ");
  return [[name, renderFirst(ranges), nodes, renderFirst(moving) || "none", needs || "nothing more"]];
}

function budgetText({ budget, maxUnavailableNodes, paused }: DrainReport): string {
  return paused ? "paused (rollout.paused)" : `${budget} at a time (rollout.maxUnavailableNodes ${maxUnavailableNodes})`;
}

function deletionRow({ name, deletion }: NetworkReport): string[][] {
  if (deletion === undefined) return [];
  const { pods, nodes, unknown, holdSeconds } = deletion;
  const places = renderFirst(nodes.map(({ node, pods }) => `${node} (${pods})`));
  const parts = [
    ...(pods > 0 ? [`${countOf(pods, "pod")} with an address of it, on ${places}`] : []),
    ...(unknown.length > 0 ? [`word of ${renderFirst(unknown)}, whose agents have not said how many pods they have`] : []),
    `its subnets to rest for ${holdSeconds} s after the last pod`,
  ];
  return [[name, parts.join("; then ")]];
}

function nodeRow({ node, network, gets, keeps, loses, nodeNetwork, routes }: NodeReport): string[] {
  const { change, configGeneration, fields } = nodeNetwork;
  const words = { New: "new", Changed: `${fields.join(", ")} → generation ${configGeneration.to}`, None: "" };
  return [
    node,
    network,
    gets.map(({ cidr }) => cidr).join(", "),
    keeps.join(", "),
    loses.map(({ cidr, how }) => `${cidr} (${losses[how]})`).join(", "),
    words[change],
    countsText(routes),
  ];
}

const losses: Readonly<Record<NodeReport["loses"][number]["how"], string>> = {
  Draining: "drains",
  Waiting: "later",
  NetworkDeleted: "with its network",
  Unused: "not used",
};

/** e.g. `"+38"`, `"+2 ~1 -1"`; `"none"` where there is nothing. */
function countsText({ added, changed, removed }: RouteCounts): string {
  const parts = [added > 0 ? `+${added}` : "", changed > 0 ? `~${changed}` : "", removed > 0 ? `-${removed}` : ""];
  return parts.filter((part) => part !== "").join(" ") || "none";
}
