import assert from "node:assert/strict";
import { test } from "node:test";
import { contentionFinding, type DriftFacts, driftField } from "./drift-status.ts";

const last = { kind: "route", key: "10.244.2.0/24", because: "missing", at: "2026-01-01T00:00:00Z", wrongMs: 12 };
const facts: DriftFacts = { repairsTotal: 3, last, contended: [] };
const route = (n: number) => ({ kind: "route", key: `10.244.${n}.0/24`, because: "missing" });

test("nothing is said of drift where there never was any, and what was said stands where it was not looked at", () => {
  assert.deepEqual(driftField({ ...facts, repairsTotal: 0, last: undefined }, undefined), {});
  assert.deepEqual(driftField(undefined, { drift: { repairsTotal: 3, last } }), { drift: { repairsTotal: 3, last } });
  assert.deepEqual(driftField(facts, undefined), { drift: { repairsTotal: 3, last } });
});

test("the words of others are cut to what a status holds, and can be shown", () => {
  const because = `chain forward: rule 1 is "${"\u001b[2J".repeat(200)}"`;
  const { drift } = driftField({ ...facts, last: { ...last, because } }, undefined);
  assert.equal(drift?.last?.because.length, 256);
  assert.match(drift?.last?.because ?? "", /^chain forward: rule 1 is "\\u001b\[2J/);
});

test("somebody who keeps undoing is told of with what he undoes, who it may be, and where to read on; nobody is, when nobody does", () => {
  assert.deepEqual(contentionFinding(undefined), []);
  assert.deepEqual(contentionFinding(facts), []);
  const contended = Array.from({ length: 7 }, (_, n) => route(n));
  const messageOf = (part: Partial<DriftFacts>) => contentionFinding({ ...facts, contended, ...part })[0]?.message;
  assert.equal(
    messageOf({}),
    'somebody keeps undoing route 10.244.0.0/24, route 10.244.1.0/24, route 10.244.2.0/24, route 10.244.3.0/24, route 10.244.4.0/24 and 2 more; find out who with "ip -timestamp monitor all" or "nft monitor" on the node, and see docs/operations.md, "Other programs that manage the network"',
  );
  assert.match(
    messageOf({ suspects: [{ program: "systemd-networkd" }, { program: "NetworkManager" }] }) ?? "",
    /; on this machine there is systemd-networkd and NetworkManager: have it leave alone what is podnet's, as in docs/,
  );
  assert.match(
    messageOf({ suspects: [{ route: "10.244.1.0/24", protocol: "12" }] }) ?? "",
    /; a route to 10\.244\.1\.0\/24 that is not podnet's \(proto 12\) stands there, too; find out who/,
  );
});
