import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChainFacts, planRenewal } from "./renewal.ts";

const day = 24 * 3600 * 1000;
const start = new Date("2026-01-01T00:00:00Z");
const after = (days: number) => new Date(start.getTime() + days * day);
const names = ["podnet-webhook.kube-system.svc"];
const chain: ChainFacts = {
  authority: { notBefore: start, notAfter: after(3650) },
  leaf: { notBefore: start, notAfter: after(90), names },
  consistent: true,
};

const withNames = (...carried: string[]): ChainFacts => ({ ...chain, leaf: { ...chain.leaf, names: carried } });

const cases: readonly [string, ChainFacts | undefined, readonly string[], Date, string][] = [
  ["nothing is stored", undefined, names, after(0), "everything"],
  ["everything is fresh", chain, names, after(1), "nothing"],
  ["just before two thirds of the leaf's life", chain, names, new Date(after(60).getTime() - 1), "nothing"],
  ["at two thirds of the leaf's life", chain, names, after(60), "leaf"],
  ["at two thirds of the authority's life", chain, names, after(2434), "everything"],
  ["the leaf lacks a name the API server dials", chain, [...names, "192.168.1.10"], after(1), "leaf"],
  ["the leaf has the address in another spelling", withNames("FD00:0:0:0:0:0:0:10"), ["fd00::10"], after(1), "nothing"],
  ["the leaf has another IPv6 address", withNames("FD00:0:0:0:0:0:0:1"), ["fd00::10"], after(1), "leaf"],
  ["keys and certificates do not belong together", { ...chain, consistent: false }, names, after(1), "everything"],
  ["the certificates begin in the future, so the clock was set back", chain, names, after(-1), "everything"],
];

for (const [situation, stored, wanted, now, expected] of cases)
  test(`renews ${expected} when ${situation}`, () => assert.equal(planRenewal(stored, wanted, now).renew, expected));
