import assert from "node:assert/strict";
import { test } from "node:test";
import { neighborsOf } from "./seen-neighbors.ts";

test("who answered just now is told apart from who did long ago, and from who never did", () => {
  const { answering, macs, bridged } = neighborsOf(
    JSON.stringify([
      { dst: "10.244.1.2", dev: "cni0", lladdr: "02:00:00:00:00:02", state: ["REACHABLE"] },
      { dst: "10.244.1.3", dev: "cni0", lladdr: "02:00:00:00:00:03", state: ["STALE"] },
      { dst: "10.244.1.4", dev: "cni0", state: ["FAILED"] },
      { dst: "fd00:10:244:1::5", dev: "cni0", lladdr: "02:00:00:00:00:05", state: ["PERMANENT"] },
      { dst: "10.244.1.3", dev: "eth0", lladdr: "02:00:00:00:00:AA", state: ["STALE"] },
    ]),
    JSON.stringify([
      { mac: "02:00:00:00:00:03", ifname: "veth3", flags: [], master: "cni0", state: "" },
      { mac: "33:33:00:00:00:01" },
    ]),
  );
  assert.deepEqual([...answering], ["10.244.1.2", "fd00:10:244:1::5"]);
  assert.deepEqual(macs.get("10.244.1.3"), ["02:00:00:00:00:03", "02:00:00:00:00:aa"]);
  assert.equal(macs.has("10.244.1.4"), false);
  assert.ok(bridged.has("02:00:00:00:00:03"));
});

test("a machine without neighbors and bridges has none", () => {
  assert.equal(neighborsOf("[]", "[]").answering.size, 0);
});
