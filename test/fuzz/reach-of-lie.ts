import type { NodeNetworkSpec, NodeSubnetSpec, RangeLedgerEntry, RangeLedgerSpec } from "../../crds/types.ts";
import type { Snapshot } from "../../operator/plan/snapshot.ts";
import { type Lie, withLie } from "./lie.ts";
import { type WholePass, wholePass } from "./whole-pass.ts";

/**
 * What other nodes, and the cluster, get or lose by a lie of one node's agent in one pass: effect, e.g. `"spec.podRanges of others"` → an example, in words.
 * What follows from another effect is not told apart: the spec of a node whose claims differ, the ranges of pods where a closing entry stays.
 */
export function reachOf(snapshot: Snapshot, liar: string, lie: Lie, nowMs: number): ReadonlyMap<string, string> {
  const honest = outcomeOf(snapshot, liar, wholePass(snapshot, nowMs));
  const lied = withLie(snapshot, liar, lie);
  const lying = outcomeOf(lied, liar, wholePass(lied, nowMs));
  const claims = claimEffects(honest.claims, lying.claims, missedBy(snapshot, liar));
  return new Map([...ledgerEffects(honest, lying), ...claims.effects, ...specEffects(honest, lying, claims.nodes)]);
}

/** What agents other than this one miss of others, as `NODE CIDR`. */
function missedBy({ records }: Snapshot, liar: string): ReadonlySet<string> {
  const honest = records.filter(({ node }) => node !== liar);
  return new Set(honest.flatMap(({ object }) => (object.status?.lost ?? []).map(({ node, cidr }) => `${node} ${cidr}`)));
}

/** What stands after a pass, of all but one node. */
interface Outcome {
  readonly ledger: { readonly incarnation: string; readonly recovery: string; readonly entries: readonly RangeLedgerEntry[] };
  readonly specs: ReadonlyMap<string, NodeNetworkSpec>;
  readonly claims: readonly NodeSubnetSpec[];
}

function outcomeOf(before: Snapshot, liar: string, { ledger, claims, records }: WholePass): Outcome {
  const standing = new Map(before.claims.map(({ object }) => [object.metadata.name, object.spec]));
  for (const { op, key, want } of claims) {
    if (op === "remove" || want === undefined) standing.delete(key);
    else standing.set(key, want.spec);
  }
  const told = new Map(before.records.map(({ node, object }) => [node, object.spec]));
  for (const { op, key, want } of records) {
    if (op === "remove" || want === undefined) told.delete(key);
    else told.set(key, want.spec);
  }
  told.delete(liar);
  return {
    ledger: ledgerOf((ledger?.want ?? before.ledger?.object)?.spec),
    specs: told,
    claims: [...standing.values()].filter(({ node }) => node !== liar),
  };
}

function ledgerOf(spec: RangeLedgerSpec | undefined): Outcome["ledger"] {
  return { incarnation: spec?.incarnation ?? "", recovery: spec?.recovery?.reason ?? "none", entries: spec?.entries ?? [] };
}

type Effects = [effect: string, example: string][];

function ledgerEffects({ ledger: before }: Outcome, { ledger: after }: Outcome): Effects {
  const entry = ({ cidr, state }: RangeLedgerEntry) => `${cidr} ${state}`;
  const [had, has] = [before, after].map(({ entries }) => new Set(entries.map(entry)));
  const added = after.entries.filter((one) => had?.has(entry(one)) === false);
  const gone = before.entries.filter((one) => has?.has(entry(one)) === false);
  const found: Effects = [];
  if (before.incarnation !== after.incarnation) found.push(["ledger: another incarnation", after.incarnation]);
  else if (before.recovery !== after.recovery)
    found.push([after.recovery === "none" ? "ledger: a recovery ends" : "ledger: a recovery begins or stays", after.recovery]);
  for (const one of added)
    found.push([one.state === "Closing" ? "ledger: a closing entry stays" : "ledger: an entry enters", entry(one)]);
  for (const one of gone) found.push(["ledger: an entry is missing", entry(one)]);
  return found;
}

/** Of each node's claims of a state and family only how many there are matters, then whether others had missed them, then which. */
function claimEffects(
  before: Outcome["claims"],
  after: Outcome["claims"],
  missed: ReadonlySet<string>,
): { readonly effects: Effects; readonly nodes: ReadonlySet<string> } {
  const kindOf = ({ node, state, cidr }: NodeSubnetSpec) => JSON.stringify([state, node, cidr.includes(":") ? 6 : 4]);
  const [was, is] = [Map.groupBy(before, kindOf), Map.groupBy(after, kindOf)];
  const effects: Effects = [];
  const nodes = new Set<string>();
  for (const kind of new Set([...was.keys(), ...is.keys()])) {
    const [one = [], other = []] = [was.get(kind) ?? [], is.get(kind) ?? []].map((list) =>
      list.map(({ cidr }) => cidr).toSorted(),
    );
    if (one.join() === other.join()) continue;
    const { node, state } = was.get(kind)?.[0] ?? is.get(kind)?.[0] ?? { node: "", state: "" };
    nodes.add(node);
    const isMissed = one.some((cidr) => !other.includes(cidr) && missed.has(`${node} ${cidr}`));
    effects.push([
      effectOn(state, one.length - other.length, isMissed),
      `${node}: ${one.join(", ") || "none"} → ${other.join(", ") || "none"}`,
    ]);
  }
  return { effects, nodes };
}

function effectOn(state: string, fewer: number, isMissed: boolean): string {
  if (isMissed) return `others do not get back as ${state} what they had`;
  if (fewer === 0) return `another ${state} claim of others`;
  return fewer > 0 ? `no ${state} claim of others` : `a further ${state} claim of others`;
}

function specEffects({ specs: before }: Outcome, { specs: after, ledger }: Outcome, nodes: ReadonlySet<string>): Effects {
  const closing = new Set(ledger.entries.filter(({ state }) => state === "Closing").map(({ cidr }) => cidr));
  const fields = ({ podRanges, ...rest }: NodeNetworkSpec) =>
    new Map(
      Object.entries({ ...rest, configGeneration: 0, podRanges: podRanges.filter((cidr) => !closing.has(cidr)) }).map(
        ([field, value]) => [field, JSON.stringify(value)],
      ),
    );
  const found: Effects = [];
  for (const [node, spec] of after) {
    const old = before.get(node);
    if (old === undefined) found.push([spec.network === undefined ? "others are asked" : "others are told", node]);
    if (old === undefined || nodes.has(node)) continue;
    const [was, is] = [fields(old), fields(spec)];
    for (const field of new Set([...was.keys(), ...is.keys()]))
      if (was.get(field) !== is.get(field))
        found.push([`spec.${field} of others`, `${node}: ${was.get(field)} → ${is.get(field)}`]);
  }
  for (const node of before.keys()) if (!after.has(node) && !nodes.has(node)) found.push(["others are not told", node]);
  return found;
}
