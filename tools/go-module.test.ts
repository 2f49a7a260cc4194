import assert from "node:assert/strict";
import test from "node:test";
import { compareGoVersions, parseGoMod } from "./go-module.ts";

test("both forms of require are read, replace lines are not", () => {
  const module = parseGoMod(
    [
      "module podnet.dev/tools/x",
      "go 1.26.6",
      "require go.etcd.io/etcd/server/v3 v3.6.7",
      "require (",
      "\tk8s.io/kubernetes v1.37.2 // a comment",
      "\tk8s.io/api v0.0.0 // indirect",
      ")",
      "replace (",
      "\tk8s.io/api => k8s.io/api v0.37.2",
      ")",
    ].join("\n"),
  );
  assert.equal(module.go, "1.26.6");
  assert.deepEqual(
    [...module.requires],
    [
      ["go.etcd.io/etcd/server/v3", "v3.6.7"],
      ["k8s.io/kubernetes", "v1.37.2"],
      ["k8s.io/api", "v0.0.0"],
    ],
  );
});

test("Go versions are compared as numbers", () => {
  assert.ok(compareGoVersions("1.26.10", "1.26.8") > 0);
  assert.ok(compareGoVersions("1.9", "1.26") < 0);
  assert.ok(compareGoVersions("1.27rc1", "1.26.6") > 0);
  assert.equal(compareGoVersions("1.26", "1.26.0"), 0);
});
