import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Condition, NodeNetworkStatus } from "../../crds/types.ts";
import { peersSilenceMs, reportAt } from "./report-time.ts";

const programmed: Condition = {
  type: "Programmed",
  status: "True",
  reason: "Programmed",
  message: "cni0 10.244.1.1/24",
  lastTransitionTime: "2026-01-01T00:00:00Z",
};
const status: NodeNetworkStatus = {
  configGeneration: 1,
  mtu: 1500,
  summary: { bridge: "cni0 10.244.1.1/24", peers: "2/2" },
  peers: { known: 2, routed: 2 },
  conditions: [programmed],
};
const more: NodeNetworkStatus = { ...status, summary: { ...status.summary, peers: "3/3" }, peers: { known: 3, routed: 3 } };
const last = { status, peersFromMs: 20_000 };

test("the first report is written at once", () => {
  assert.equal(reportAt(undefined, status, 5), 5);
});

test("nothing new is nothing written, whatever the order of fields and conditions", () => {
  const module: Condition = { ...programmed, type: "BridgeNetfilterMissing" };
  const turned = { ...Object.fromEntries(Object.entries(status).toReversed()), conditions: [module, programmed] };
  assert.equal(reportAt({ ...last, status: { ...status, conditions: [programmed, module] } }, turned, 99_000), undefined);
});

test("a fact of the node's own is written at once", () => {
  const facts: NodeNetworkStatus[] = [
    { ...status, configGeneration: 2 },
    { ...status, mtu: 1450 },
    { ...status, summary: { ...status.summary, bridge: "cni0" } },
    { ...status, conditions: [{ ...programmed, status: "False" }] },
    { ...more, configGeneration: 2 },
  ];
  for (const next of facts) assert.equal(reportAt(last, next, 7), 7);
});

test("peers alone are written only after a silence", () => {
  assert.equal(reportAt(last, more, 7), 20_000);
  assert.equal(reportAt(last, more, 20_001), 20_001);
  const unrouted: Condition = { ...programmed, type: "PeersUnrouted" };
  assert.equal(reportAt(last, { ...status, conditions: [programmed, unrouted] }, 7), 20_000);
});

test("the silence is at least 8 seconds, and makes at most 25 writes a second of any number of nodes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (nodes, chance) => {
      const silence = peersSilenceMs(nodes, chance);
      assert.ok(silence >= 8_000 && nodes / (silence / 1000) <= 25.001);
    }),
  );
});
