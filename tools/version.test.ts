import assert from "node:assert/strict";
import test from "node:test";
import { namesVersion } from "./version.ts";

test("a version is named with or without its v, and never by a longer one", () => {
  for (const text of ["Kubernetes v1.37.2", "etcd Version: 1.37.2 Git SHA", "1.37.2+unknown", "x 1.37.2"]) {
    assert.ok(namesVersion(text, "v1.37.2"), text);
  }
  for (const text of ["v1.37.20", "v11.37.2", "1.37.2.1", "v1x37.2", ""]) {
    assert.ok(!namesVersion(text, "v1.37.2"), text);
  }
});
