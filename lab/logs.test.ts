import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseLogs } from "./logs.ts";

const files = ["control-plane-etcd.log", "node-1-kubelet.log", "node-11-kubelet.log", "node-1-containerd.log"];

test("logs are chosen by host, by process, or not at all", () => {
  assert.deepEqual(chooseLogs(files, "node-1"), ["node-1-kubelet.log", "node-1-containerd.log"]);
  assert.deepEqual(chooseLogs(files, "kubelet"), ["node-1-kubelet.log", "node-11-kubelet.log"]);
  assert.deepEqual(chooseLogs(files, undefined), files);
  assert.deepEqual(chooseLogs(files, "let"), []);
});
