import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandError } from "../lib/linux/command-error.ts";
import { makeExec } from "../lib/linux/exec.ts";
import { createFakeClock } from "../test/support/fake-clock.ts";
import { ownSpec } from "../test/support/node-view.ts";
import type { RunOutcome } from "./plan/node-status.ts";
import { createSurroundings } from "./surroundings.ts";

const outcome: RunOutcome = {
  configGeneration: 1,
  isDone: false,
  programmed: undefined,
  faults: [],
  warnings: { missingPlugins: [], foreignConflists: [], confFolder: "/etc/cni/net.d", bridgeNetfilterMissing: false },
  facts: { subnets: [], open: [], addBelowFreeIPs: 0, lost: [], acknowledged: undefined, nodeUID: undefined, nodes: 1 },
  identity: { machineID: undefined, bootID: undefined },
};

/** What is told of a node where every command ends so. */
async function told(failure: Error, subnets = ownSpec().subnets): Promise<RunOutcome> {
  const exec = { ...makeExec(), run: () => Promise.reject(failure) };
  const surroundings = createSurroundings({ exec, procSys: "/proc/sys" }, createFakeClock());
  return surroundings.told(outcome, {
    apiVersion: "podnet.dev/v1alpha1",
    kind: "NodeNetwork",
    metadata: { name: "node-1" },
    spec: ownSpec({ subnets }),
  });
}

const failures = [new CommandError("Timeout", "it took too long"), Object.assign(new Error("EMFILE"), { syscall: "open" })];

for (const failure of failures)
  test(`of what cannot be seen for ${failure.message} nothing is said, and of a node without subnets that there is nothing`, async () => {
    const { hostRoutes, closedPaths, otherMtus, fewNeighbors } = await told(failure);
    assert.deepEqual([hostRoutes, closedPaths, otherMtus, fewNeighbors], [undefined, undefined, undefined, undefined]);
    const idle = await told(failure, []);
    assert.deepEqual([idle.hostRoutes, idle.closedPaths, idle.otherMtus, idle.fewNeighbors], [undefined, [], [], []]);
  });

test("a mistake of ours is no failure of the node's", async () => {
  await assert.rejects(told(new TypeError("no function")), TypeError);
});
