import { Bug } from "../../reconcile/bug.ts";
import type { Step } from "../../reconcile/kind.ts";
import { mark } from "./mark.ts";
import type { Batch, NodeKind } from "./node-kind.ts";
import { parseTable } from "./table-listing.ts";

/** A named set of an nftables table. */
export interface NftSet {
  readonly name: string;
  /** e.g. `"ipv4_addr"`, `"ipv6_addr"`. */
  readonly type: string;
  /** e.g. `["interval"]`. */
  readonly flags: readonly string[];
  /** Disjoint, any order, IPv6 canonical, e.g. `["10.244.0.0/16", "192.168.1.11"]`. */
  readonly elements: readonly string[];
}

/** A chain of an nftables table. */
export interface NftChain {
  /** Not a word of the nft language: `postrouting` is fine, `masquerade` and `fwd` are not. */
  readonly name: string;
  /** Base chains only, as nft lists it, e.g. `"type nat hook postrouting priority srcnat; policy accept;"`. */
  readonly hook?: string;
  /** In order, exactly as `nft -s -p list table` shows them (protocols by number: a machine without `/etc/protocols` knows no names), e.g. `["ip saddr @pods4 ip daddr != @pods4 masquerade"]`. */
  readonly rules: readonly string[];
}

/** An nftables table of ours, replaced as a whole in one transaction. Its identity is its family. */
export interface TableItem {
  readonly family: "inet" | "bridge";
  readonly sets: readonly NftSet[];
  readonly chains: readonly NftChain[];
  /** Only of an observed table: what it has that ours never have, e.g. `["map foreign", "set pods4: timeout 5m"]`. */
  readonly oddities?: readonly string[];
}

const tableFamilies = ["inet", "bridge"] as const;

/** The tables `inet podnet` and `bridge podnet`, compared by their listing, so that a rule deleted by hand shows. */
export const tableKind: NodeKind<TableItem> = {
  name: "table",
  key: (table) => `${table.family} ${mark.tableName}`,
  differs: (want, have) =>
    differentNames("set", want.sets, have.sets) ??
    differentNames("chain", want.chains, have.chains) ??
    firstOf(want.sets, (set) => setDiffers(set, named(have.sets, set.name))) ??
    firstOf(want.chains, (chain) => chainDiffers(chain, named(have.chains, chain.name))) ??
    firstOf(have.oddities ?? [], (oddity) => `${oddity}, not wanted`),
  // A kernel that does not know a family has no table of it.
  show: tableFamilies.map((family) => ({
    argv: ["nft", "-s", "-p", "list", "table", family, mark.tableName],
    absentWhen: ["No such file or directory", "Operation not supported", "Address family not supported"],
  })),
  parse: (outputs) => tableFamilies.flatMap((family, n) => parseTable(family, outputs[n] ?? "")),
  render: (steps) => steps.map(batchOf),
};

/** The table's text in the form of nft's own listing; loading it adds to a table of that name that exists. */
export function renderTable(table: TableItem): string {
  const sets = table.sets.map((set) => [
    `\tset ${set.name} {`,
    `\t\ttype ${set.type}`,
    ...(set.flags.length === 0 ? [] : [`\t\tflags ${set.flags.join(",")}`]),
    ...(set.elements.length === 0 ? [] : [`\t\telements = { ${set.elements.join(", ")} }`]),
    "\t}",
  ]);
  const chains = table.chains.map((chain) => [
    `\tchain ${chain.name} {`,
    ...(chain.hook === undefined ? [] : [chain.hook]).concat(chain.rules).map((line) => `\t\t${line}`),
    "\t}",
  ]);
  const lines = [...sets, ...chains].flat();
  const broken = lines.find((line) => /[\p{Cc}]/u.test(line.replace(/^\t+/, "")));
  if (broken !== undefined) throw new Bug(`${JSON.stringify(broken)} is not one line of an nftables table`);
  return [`table ${table.family} ${mark.tableName} {`, ...lines, "}", ""].join("\n");
}

function batchOf(step: Step<TableItem>): Batch<TableItem> {
  const name = `${(step.want ?? step.have)?.family} ${mark.tableName}`;
  // Naming the table first makes the deletion succeed where there is none yet; nft does all of it or nothing.
  const text =
    step.want === undefined ? `delete table ${name}` : `table ${name}\ndelete table ${name}\n${renderTable(step.want)}`;
  return { argv: ["nft", "-f", "-"], failure: "whole", lines: [{ text, step }] };
}

function firstOf<T>(items: readonly T[], reason: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = reason(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

interface Named {
  readonly name: string;
}

function named<T extends Named>(items: readonly T[], name: string): T | undefined {
  return items.find((item) => item.name === name);
}

function differentNames(what: string, want: readonly Named[], have: readonly Named[]): string | undefined {
  return (
    firstOf(want, ({ name }) => (named(have, name) === undefined ? `${what} ${name} is missing` : undefined)) ??
    firstOf(have, ({ name }) => (named(want, name) === undefined ? `${what} ${name} is not wanted` : undefined))
  );
}

function setDiffers(want: NftSet, have: NftSet | undefined): string | undefined {
  if (have === undefined) return `set ${want.name} is missing`;
  if (want.type !== have.type) return `set ${want.name}: type ${have.type}, wanted ${want.type}`;
  const flags = [want, have].map((set) => set.flags.toSorted().join(",") || "none");
  if (flags[0] !== flags[1]) return `set ${want.name}: flags ${flags[1]}, wanted ${flags[0]}`;
  const [wanted, found] = [want, have].map((set) => new Set(set.elements.map(listedElement)));
  return (
    firstOf([...(wanted ?? [])], (element) => (found?.has(element) ? undefined : `set ${want.name}: ${element} is missing`)) ??
    firstOf([...(found ?? [])], (element) => (wanted?.has(element) ? undefined : `set ${want.name}: ${element} is not wanted`))
  );
}

/** nft lists a prefix of one address as the address. */
function listedElement(element: string): string {
  return element.replace(element.includes(":") ? /\/128$/ : /\/32$/, "");
}

function chainDiffers(want: NftChain, have: NftChain | undefined): string | undefined {
  if (have === undefined) return `chain ${want.name} is missing`;
  if (want.hook !== have.hook) return `chain ${want.name}: "${have.hook ?? "no hook"}", wanted "${want.hook ?? "no hook"}"`;
  const length = Math.max(want.rules.length, have.rules.length);
  return firstOf(
    Array.from({ length }, (_, n) => n),
    (n) => {
      const [wanted, found] = [want.rules[n], have.rules[n]];
      return wanted === found
        ? undefined
        : `chain ${want.name}: rule ${n + 1} is "${found ?? "missing"}", wanted "${wanted ?? "none"}"`;
    },
  );
}
