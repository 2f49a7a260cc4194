import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  graceMs,
  isDoubtful,
  type RoundOutcome,
  roundOutcome,
  roundsToTurn,
  type WayStanding,
  standingAfter,
} from "./probe-verdict.ts";

const here = "10.244.2.1";
const way = { isRouted: true };
const roundMs = 4_000;

/** What is known after these outcomes, one round after the other. */
function after(outcomes: readonly RoundOutcome[], before?: WayStanding, at = here): WayStanding | undefined {
  return outcomes.reduce<WayStanding | undefined>((known, outcome, index) => {
    const round = (known?.round ?? before?.round ?? 0) + 1;
    return standingAfter(index === 0 ? before : known, at, outcome, { round, nowMs: round * roundMs, wallMs: round * roundMs });
  }, before);
}

const reasonAfter = (...outcomes: readonly RoundOutcome[]) => after(outcomes)?.bad?.reason;

test("a round is told by the sizes that were not answered", () => {
  assert.equal(roundOutcome(way, []), "Answered");
  assert.equal(roundOutcome(way, ["small", "full"]), "NoAnswer");
  assert.equal(roundOutcome(way, ["full"]), "FullSizeLost");
  assert.equal(roundOutcome(way, ["small"]), "Answered", "what is larger passed");
  assert.equal(roundOutcome({ isRouted: false }, []), "NoRoute");
});

test("three lost rounds in a row make a way bad, two do not, and a loss now and then does not either", () => {
  assert.equal(reasonAfter("Answered", "NoAnswer", "NoAnswer"), undefined);
  assert.equal(reasonAfter("Answered", "NoAnswer", "NoAnswer", "NoAnswer"), "NoAnswer");
  assert.equal(reasonAfter("Answered", "NoAnswer", "NoAnswer", "Answered", "NoAnswer", "NoAnswer"), undefined);
  assert.equal(reasonAfter("Answered", "NoAnswer", "FullSizeLost", "FullSizeLost"), "FullSizeLost", "the last reason counts");
  const doubtful = [["Answered"], ["Answered", "NoAnswer"], ["Answered", "NoAnswer", "NoAnswer", "NoAnswer"]] as const;
  assert.deepEqual(
    doubtful.map((outcomes) => isDoubtful(after(outcomes) ?? assert.fail())),
    [false, true, false],
  );
});

test("a bad way is good again after three answers in a row; since when it is bad stays, whatever the reason comes to be", () => {
  const bad = after(["Answered", "NoAnswer", "NoAnswer", "NoAnswer"]);
  assert.deepEqual(bad?.bad, { reason: "NoAnswer", sinceMs: 4 * roundMs });
  assert.equal(after(["Answered", "Answered"], bad)?.bad?.reason, "NoAnswer");
  assert.equal(after(["Answered", "Answered", "NoAnswer", "Answered", "Answered"], bad)?.bad?.reason, "NoAnswer");
  assert.equal(after(["Answered", "Answered", "Answered"], bad)?.bad, undefined);
  assert.equal(after(["FullSizeLost", "FullSizeLost"], bad)?.bad?.reason, "NoAnswer");
  assert.deepEqual(after(["FullSizeLost", "FullSizeLost", "FullSizeLost"], bad)?.bad, {
    reason: "FullSizeLost",
    sinceMs: 4 * roundMs,
  });
});

test("what never answered is not bad before its grace is over; small answers end it", () => {
  const rounds = Math.ceil(graceMs / roundMs);
  const never = (count: number) => Array.from({ length: count }, () => "NoAnswer" as const);
  assert.equal(reasonAfter(...never(rounds)), undefined);
  assert.equal(reasonAfter(...never(rounds + 1)), "NoAnswer");
  assert.equal(reasonAfter("FullSizeLost", "FullSizeLost", "FullSizeLost"), "FullSizeLost");
});

test("another address of the node begins anew, but one that is not reached is not reached for having got another address", () => {
  const elsewhere = "10.244.9.1";
  const good = after(["Answered"]);
  assert.equal(after(["NoAnswer", "NoAnswer", "NoAnswer"], good, elsewhere)?.bad, undefined);
  const bad = after(["Answered", "NoAnswer", "NoAnswer", "NoAnswer"]);
  assert.equal(after(["NoAnswer"], bad, elsewhere)?.bad?.reason, "NoAnswer");
  assert.equal(after(["Answered", "Answered", "Answered"], bad, elsewhere)?.bad, undefined);
});

test("whatever comes, a verdict turns only after three rounds in a row that say so", () => {
  const outcomes = fc.constantFrom<RoundOutcome>("Answered", "Answered", "NoAnswer", "FullSizeLost", "NoRoute");
  fc.assert(
    fc.property(fc.array(outcomes, { maxLength: 40 }), (list) => {
      let known: WayStanding | undefined;
      for (const [index, outcome] of list.entries()) {
        const wasBad = known?.bad !== undefined;
        known = after([outcome], known) ?? assert.fail();
        const isBad = known.bad !== undefined;
        if (wasBad === isBad) continue;
        const last = list.slice(index + 1 - roundsToTurn, index + 1);
        assert.equal(last.length, roundsToTurn);
        assert.ok(last.every((one) => (one === "Answered") !== isBad));
      }
    }),
  );
});
