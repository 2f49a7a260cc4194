import type { NodeNetworkConditionType, Verdict } from "../../crds/conditions.ts";
import type { NodeNetworkStatus, NodeNetworkStatusDriftLast } from "../../crds/types.ts";
import { renderFirst } from "../../lib/text/counts.ts";
import { cut, printable } from "../../lib/text/printable.ts";
import type { Repair } from "./drift.ts";

/** What an agent knows of drift. */
export interface DriftFacts {
  readonly repairsTotal: number;
  readonly last: NodeNetworkStatusDriftLast | undefined;
  /** What somebody keeps undoing. */
  readonly contended: readonly Repair[];
  /** Who may be doing so, as far as that was looked for. */
  readonly suspects?: readonly Suspect[];
}

/** Somebody who writes to the same kernel. */
export type Suspect =
  | { readonly program: "systemd-networkd" | "NetworkManager" }
  /** A route to the same prefix that is not ours, and the number in its `proto` field, where it has one. */
  | { readonly route: string; readonly protocol: string | undefined };

/** What a status holds of one text. */
const longest = { kind: 32, key: 256, because: 256 };

/** Absent where nothing was ever put right. */
export function driftField(facts: DriftFacts | undefined, previous: NodeNetworkStatus | undefined): Partial<NodeNetworkStatus> {
  if (facts === undefined) return previous?.drift === undefined ? {} : { drift: previous.drift };
  const { repairsTotal, last } = facts;
  if (repairsTotal === 0) return {};
  return { drift: { repairsTotal, ...(last === undefined ? {} : { last: bounded(last) }) } };
}

function bounded({ kind, key, because, at, wrongMs }: NodeNetworkStatusDriftLast): NodeNetworkStatusDriftLast {
  const text = (value: string, most: number) => cut(printable(value), most);
  return {
    kind: text(kind, longest.kind),
    key: text(key, longest.key),
    because: text(because, longest.because),
    at,
    wrongMs,
  };
}

/** Things that are named. */
const mostNamed = 5;

/** Where to read on. */
const page = 'docs/operations.md, "Other programs that manage the network"';

/** Stands only while somebody keeps undoing something. */
export function contentionFinding(facts: DriftFacts | undefined): Verdict<NodeNetworkConditionType>[] {
  const { contended = [], suspects = [] } = facts ?? {};
  if (contended.length === 0) return [];
  const names = contended.map(({ kind, key }) => `${kind} ${key}`);
  const message = `somebody keeps undoing ${renderFirst(names, mostNamed)}; ${suspicion(suspects)}`;
  return [{ type: "DriftContended", status: "True", reason: "RepeatedlyUndone", message }];
}

function suspicion(suspects: readonly Suspect[]): string {
  const programs = suspects.flatMap((suspect) => ("program" in suspect ? [suspect.program] : []));
  const routes = suspects.flatMap((suspect) =>
    "route" in suspect ? [`a route to ${suspect.route} that is not podnet's (proto ${suspect.protocol ?? "none"})`] : [],
  );
  const seen = routes.length === 0 ? "" : `${routes.slice(0, mostNamed).join(", ")} stands there, too; `;
  if (programs.length > 0)
    return `${seen}on this machine there is ${programs.join(" and ")}: have it leave alone what is podnet's, as in ${page}`;
  return `${seen}find out who with "ip -timestamp monitor all" or "nft monitor" on the node, and see ${page}`;
}
