import assert from "node:assert/strict";
import { test } from "node:test";
import { makeExec } from "../lib/linux/exec.ts";
import { ownNetwork } from "../test/support/node-view.ts";
import { programNode } from "./program.ts";

/** What comes of programming a node of which every look fails so. */
function programmed(failure: Error) {
  const place = {
    exec: { ...makeExec(), run: () => Promise.reject(failure) },
    procSys: "/proc/sys",
    confFolder: "/nowhere/net.d",
    cniStateFolder: "/nowhere/cni",
    netnsFolder: "/nowhere/netns",
    plugins: { source: undefined, target: "/nowhere/bin" },
  };
  const folder = { path: place.confFolder, files: [] };
  return programNode({
    node: "node-1",
    place,
    own: ownNetwork(),
    claims: [],
    tunnels: { isFresh: false, lingering: undefined },
    folder,
    plugins: () => assert.fail("plugins"),
  });
}

test("a node that the system does not let be looked at is unseen, and keeps its configuration", async () => {
  const { faults, programmed: done } = await programmed(
    Object.assign(new Error("EMFILE: too many open files"), { syscall: "open" }),
  );
  assert.deepEqual([done, faults], [undefined, [{ reason: "NodeUnseen", message: "EMFILE: too many open files" }]]);
});

test("a mistake of ours is thrown on", async () => {
  await assert.rejects(programmed(new TypeError("no function")), TypeError);
});
