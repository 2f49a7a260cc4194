import type { Size } from "./probe-message.ts";
import type { Way } from "./probing.ts";

/** What one round of questions on one way came to: answered in both sizes, or what is wrong. */
export type RoundOutcome = "Answered" | WayProblem;

/** Why a way is bad. `FullSizeLost`: small packets pass, those as large as the pods' MTU vanish. `NoRoute`: nothing was sent. */
export type WayProblem = "NoAnswer" | "FullSizeLost" | "NoRoute";

/**
 * What a round came to, by the sizes that were not answered. Where a small one alone is missing, it is one loss among others: what is larger passed. A refusal by the
 * other node's kernel counts as an answer, since the way is there and only the agent is not, as while it is replaced.
 */
export function roundOutcome({ isRouted }: Pick<Way, "isRouted">, unanswered: readonly Size[]): RoundOutcome {
  if (!isRouted) return "NoRoute";
  if (!unanswered.includes("full")) return "Answered";
  return unanswered.includes("small") ? "NoAnswer" : "FullSizeLost";
}

/** What is known of one way. Times are milliseconds. */
export interface WayStanding {
  /** The address that was asked. */
  readonly to: string;
  /** On a clock that never steps back: when this address was first asked. */
  readonly firstMs: number;
  /** Whether it ever answered, be it to small questions alone. */
  readonly hasAnswered: boolean;
  /** The last outcome, and how many rounds in a row ended with it. */
  readonly last: RoundOutcome;
  readonly sameInARow: number;
  /** Rounds in a row without a full answer. */
  readonly lostInARow: number;
  /** Undefined: not bad, as far as is known. */
  readonly bad: { readonly reason: WayProblem; readonly sinceMs: number } | undefined;
  /** The number of the round in which it was last asked. */
  readonly round: number;
}

/** When a round was. */
export interface RoundTime {
  readonly round: number;
  /** On a clock that never steps back. */
  readonly nowMs: number;
  /** Since 1970: what people are told. */
  readonly wallMs: number;
}

/** So many rounds in a row make a way bad, and so many make it good again: one loss is nothing, and a way that comes and goes stays bad. */
export const roundsToTurn = 3;

/** What never answered is not bad before this: a node that joins has a claim before it has a bridge. */
export const graceMs = 60_000;

/** What is known of a way after a round, from what was known before. */
export function standingAfter(before: WayStanding | undefined, to: string, outcome: RoundOutcome, time: RoundTime): WayStanding {
  const fresh = { firstMs: time.nowMs, hasAnswered: false, last: undefined, sameInARow: 0, lostInARow: 0 };
  const known = before?.to === to ? before : fresh;
  const standing: Omit<WayStanding, "bad"> = {
    to,
    firstMs: known.firstMs,
    hasAnswered: known.hasAnswered || outcome === "Answered" || outcome === "FullSizeLost",
    last: outcome,
    sameInARow: known.last === outcome ? known.sameInARow + 1 : 1,
    lostInARow: outcome === "Answered" ? 0 : known.lostInARow + 1,
    round: time.round,
  };
  // A node that is not reached at its old address is not reached either for having got another one.
  return { ...standing, bad: badAfter(before?.bad, standing, outcome, time) };
}

function badAfter(
  before: WayStanding["bad"],
  { sameInARow, lostInARow, hasAnswered, firstMs }: Omit<WayStanding, "bad">,
  outcome: RoundOutcome,
  { nowMs, wallMs }: RoundTime,
): WayStanding["bad"] {
  if (outcome === "Answered") return sameInARow >= roundsToTurn ? undefined : before;
  if (before !== undefined) return sameInARow >= roundsToTurn ? { ...before, reason: outcome } : before;
  const isToBeTold = lostInARow >= roundsToTurn && (hasAnswered || nowMs - firstMs >= graceMs);
  return isToBeTold ? { reason: outcome, sinceMs: wallMs } : undefined;
}

/** Whether a way lost its last questions, but is not called bad: it is asked again at once. */
export function isDoubtful({ bad, lostInARow, hasAnswered }: WayStanding): boolean {
  return bad === undefined && lostInARow > 0 && hasAnswered;
}
