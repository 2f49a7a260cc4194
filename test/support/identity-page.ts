import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One row of a table of docs/identity.md. */
export interface Grant {
  /** `""` is the core group. */
  readonly groups: readonly string[];
  /** e.g. `["nodenetworks/status"]` */
  readonly resources: readonly string[];
  /** None: all. */
  readonly names: readonly string[];
  /** undefined: all. */
  readonly namespace: string | undefined;
  readonly verbs: readonly string[];
}

export interface IdentityPage {
  /** e.g. `"kube-system/podnet-agent"` → its rows, and those of every ServiceAccount. */
  readonly grants: ReadonlyMap<string, readonly Grant[]>;
  /** Paths that every ServiceAccount may get, e.g. `"/api/*"`. */
  readonly paths: readonly string[];
}

const everyAccount = "Every ServiceAccount";

/** The tables as people read them. */
export function readIdentityPage(): IdentityPage {
  const text = readFileSync(join(import.meta.dirname, "../../docs/identity.md"), "utf8");
  const sections = text.split(/^## /m).slice(1);
  const tables = new Map(sections.map((section) => [section.slice(0, section.indexOf("\n")), rowsOf(section)]));
  const grantsOf = (title: string) => (tables.get(title) ?? []).filter((row) => row.length === 6).map(grantOf);
  const accounts = [...tables.keys()].filter((title) => title.includes("/"));
  return {
    grants: new Map(["", ...accounts].map((account) => [account, [...grantsOf(account), ...grantsOf(everyAccount)]])),
    paths: (tables.get(everyAccount) ?? []).filter((row) => row.length === 3).flatMap(([paths = ""]) => codesIn(paths)),
  };
}

/** The cells of each row below a head. */
function rowsOf(section: string): string[][] {
  return section
    .split("\n")
    .filter((line) => /^\| (`|core)/.test(line))
    .map((line) => line.slice(2, -2).split(" | "));
}

function grantOf([groups = "", resources = "", names = "", namespace = "", verbs = ""]: readonly string[]): Grant {
  return {
    groups: groups.split(", ").map((group) => (group === "core" ? "" : group.replaceAll("`", ""))),
    resources: codesIn(resources),
    names: codesIn(names),
    namespace: codesIn(namespace)[0],
    verbs: verbs.split(", "),
  };
}

function codesIn(cell: string): string[] {
  return Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = ""]) => code);
}
