import { type Issue, type Parsed, renderIssue } from "../../crds/issue.ts";
import { parseNodeNetwork, parseNodeSubnet, parseRangeLedger } from "../../crds/parse.ts";
import { cut, printable } from "../../lib/text/printable.ts";
import { dateTime } from "../../crds/schema.ts";
import { show } from "../../crds/schema-issue.ts";
import type { KubeObject, Stored } from "../../lib/kube/resource.ts";
import type { ServiceRange } from "../../lib/kube/service-ranges.ts";
import { isRecord } from "../../lib/text/json.ts";
import type { ClusterState } from "./cluster-state.ts";
import { parseNode, parseStoredNetwork } from "./stored-object.ts";

/** What the file calls itself. */
const format = "podnet-snapshot";

/** Rises when a reader of the one before would plan something else from it. */
const version = 2;

const noTime = 'no time, e.g. "2026-11-24T12:00:00Z"';

/** A state as a file: one JSON object, one line for every object of the cluster. */
export function renderSnapshotFile(state: ClusterState): string {
  const { takenAt, ledger, nodeNetworks, nodeSubnets, podNetworks, nodes, serviceRanges } = state;
  const head = [`"format": "${format}"`, `"version": ${version}`, `"takenAt": "${takenAt}"`];
  const lists = {
    rangeLedgers: ledger === undefined ? [] : [ledger],
    nodeNetworks,
    nodeSubnets,
    podNetworks,
    nodes,
    serviceRanges,
  };
  const parts = Object.entries(lists).map(([name, items]) => `"${name}": ${renderList(items)}`);
  return `{\n  ${[...head, ...parts].join(",\n  ")}\n}\n`;
}

function renderList(items: readonly unknown[]): string {
  return items.length === 0 ? "[]" : `[\n    ${items.map((item) => JSON.stringify(item)).join(",\n    ")}\n  ]`;
}

/** A file's state, or in words what is wrong with it. Unknown fields are refused: a plan that overlooks one would not be exact. */
export function parseSnapshotFile(text: string): { readonly state: ClusterState } | { readonly problem: string } {
  const file = parseJson(text);
  if (!isRecord(file) || file["format"] !== format)
    return { problem: `it is no snapshot of podnet; make one with: podnet snapshot -o FILE` };
  if (file["version"] !== version)
    return {
      problem: `it has version ${show(file["version"])}, and this podnet reads ${version}; make it anew with this podnet`,
    };
  const { takenAt } = file;
  if (typeof takenAt !== "string" || !isTime(takenAt)) return { problem: `takenAt: ${noTime}` };
  const problems: string[] = [];
  const rows = <T>(name: string, read: (item: unknown) => Parsed<T>): T[] => {
    const items = file[name];
    if (!Array.isArray(items)) problems.push(`${name}: no list`);
    return (Array.isArray(items) ? items : []).flatMap((item, index) => {
      const { value, issues = [] } = read(item);
      problems.push(...issues.map((issue) => `${name}[${index}]: ${cut(printable(renderIssue(issue)), 1_000)}`));
      return value === undefined ? [] : [value];
    });
  };
  const list = <T extends KubeObject>(name: string, read: (item: unknown) => Parsed<T>): Stored<T>[] => {
    const names = new Set<string>();
    return rows(name, (item) => {
      const parsed = read(item);
      if (parsed.issues !== undefined) return parsed;
      const { name: own } = parsed.value.metadata;
      if (names.size === names.add(own).size) return { issues: [duplicate(own)] };
      return stored(parsed.value);
    });
  };
  const state: ClusterState = {
    takenAt,
    ledger: list("rangeLedgers", parseRangeLedger)[0],
    nodeNetworks: list("nodeNetworks", parseNodeNetwork),
    nodeSubnets: list("nodeSubnets", parseNodeSubnet),
    podNetworks: list("podNetworks", parseStoredNetwork),
    nodes: list("nodes", parseNode),
    serviceRanges: rows("serviceRanges", parseServiceRange),
  };
  if (problems.length === 0) return { state };
  const rest = problems.length > 10 ? `; and ${problems.length - 10} more` : "";
  return { problem: problems.slice(0, 10).join("; ") + rest };
}

function parseServiceRange(item: unknown): Parsed<ServiceRange> {
  if (isRecord(item) && typeof item["cidr"] === "string" && typeof item["by"] === "string")
    return { value: { cidr: item["cidr"], by: item["by"], ...(item["addressOnly"] === true && { addressOnly: true }) } };
  return { issues: [{ path: "", code: "WrongType", message: "no cidr with who says it (by)" }] };
}

function duplicate(name: string): Issue {
  return { path: "metadata.name", code: "Duplicate", message: `${name} stands in the list twice; make the file anew` };
}

/** What the server always gives. */
function stored<T extends KubeObject>(object: T): Parsed<Stored<T>> {
  const { uid, resourceVersion, creationTimestamp } = object.metadata;
  if (uid === undefined || resourceVersion === undefined || creationTimestamp === undefined) {
    const message = "uid, resourceVersion or creationTimestamp is missing";
    return { issues: [{ path: "metadata", code: "Required", message }] };
  }
  if (isTime(creationTimestamp))
    return { value: { ...object, metadata: { ...object.metadata, uid, resourceVersion, creationTimestamp } } };
  return { issues: [{ path: "metadata.creationTimestamp", code: "WrongType", message: noTime }] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A moment that RFC 3339 can write: JavaScript takes more, up to a last one behind which a plan could not look. */
function isTime(text: string): boolean {
  return dateTime.test(text) && !Number.isNaN(Date.parse(text));
}
