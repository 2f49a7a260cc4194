import assert from "node:assert/strict";
import { test } from "node:test";
import { planStep, type Scene, type StoredFacts } from "./renewal.ts";

const day = 24 * 3600 * 1000;
const start = new Date("2026-01-01T00:00:00Z");
const after = (days: number) => new Date(start.getTime() + days * day);
const lives = { authorityMs: 365 * day, leafMs: 90 * day, backdateMs: 0, settleMs: 60_000 };
const names = ["podnet-webhook.kube-system.svc"];
const stored = {
  authorities: [{ id: "ca-1", notBefore: start, notAfter: after(360) }],
  canSign: true,
  leaf: { id: "leaf-1", notBefore: start, notAfter: after(90), names, authority: "ca-1", hasKey: true },
} satisfies StoredFacts;
const scene: Scene = {
  registered: { authorities: ["ca-1"], differs: undefined },
  stored,
  served: "leaf-1",
  settledMs: 0,
  names,
  now: after(1),
  lives,
};
const withLeaf = (part: object): StoredFacts => ({ ...stored, leaf: { ...stored.leaf, ...part } });
const two: StoredFacts = {
  ...stored,
  authorities: [...stored.authorities, { id: "ca-2", notBefore: after(55), notAfter: after(415) }],
};
const oneOver: StoredFacts = {
  ...withLeaf({ authority: "ca-2", notBefore: after(350), notAfter: after(400) }),
  authorities: [...stored.authorities, { id: "ca-2", notBefore: after(300), notAfter: after(660) }],
};
const unregistered = { registered: { authorities: [], differs: "it is not registered" } };

const cases: readonly [string, Partial<Scene>, string][] = [
  ["nothing is stored", { ...unregistered, stored: undefined, served: undefined }, "store everything"],
  ["everything is fresh", {}, "nothing"],
  ["just before two thirds of the leaf's life", { now: new Date(after(60).getTime() - 1) }, "nothing"],
  ["at two thirds of the leaf's life", { now: after(60), settledMs: 60_000 }, "store leaf"],
  [
    "at two thirds of the authority's life",
    { now: after(240), stored: withLeaf({ notBefore: after(200), notAfter: after(290) }) },
    "store authority",
  ],
  ["the authority's life is over, and so the leaf's", { now: after(361) }, "store everything"],
  ["the leaf lacks a name the API server dials", { names: [...names, "192.168.1.10"] }, "store leaf"],
  [
    "the leaf has the address in another spelling",
    { names: ["fd00::10"], stored: withLeaf({ names: ["FD00:0:0:0:0:0:0:10"] }) },
    "nothing",
  ],
  [
    "the leaf has another IPv6 address",
    { names: ["fd00::10"], stored: withLeaf({ names: ["FD00:0:0:0:0:0:0:1"] }) },
    "store leaf",
  ],
  ["the leaf is not of a stored authority", { stored: withLeaf({ authority: undefined }) }, "store leaf"],
  ["the leaf's key is another's", { stored: withLeaf({ hasKey: false }) }, "store leaf"],
  ["the authority's key is another's", { stored: { ...stored, canSign: false } }, "store authority"],
  ["the certificates begin in the future, so the clock was set back", { now: after(-1) }, "store everything"],
  ["the leaf is over though its authority is not", { now: after(91) }, "store leaf"],
  ["another leaf is stored, and its authority registered", { served: "leaf-0" }, "serve"],
  ["another leaf is stored, and its authority not registered", { ...unregistered, served: "leaf-0" }, "register"],
  [
    "somebody changed the registration",
    { registered: { authorities: ["ca-1"], differs: "it has another caBundle" } },
    "register",
  ],
  [
    "a new authority is stored and not registered",
    { stored: two, registered: { authorities: ["ca-1"], differs: "it has another caBundle" }, now: after(60) },
    "register",
  ],
  [
    "a new authority is registered just now and the leaf due",
    { stored: two, registered: { authorities: ["ca-1", "ca-2"], differs: undefined }, now: after(60), settledMs: 59_000 },
    "wait",
  ],
  [
    "a new authority is registered long enough and the leaf due",
    { stored: two, registered: { authorities: ["ca-1", "ca-2"], differs: undefined }, now: after(60), settledMs: 60_000 },
    "store leaf",
  ],
  ["an old authority is over", { stored: oneOver, now: after(361) }, "store drop"],
];

for (const [situation, part, expected] of cases)
  test(`the step is ${expected} when ${situation}`, () => {
    const step = planStep({ ...scene, ...part });
    assert.equal(step.do === "store" ? `store ${step.what}` : step.do, expected);
  });
