import assert from "node:assert/strict";
import { test } from "node:test";
import { apiServerFamily } from "./api-server-family.ts";

test("labs run the newest API server, or the one that is asked for", () => {
  assert.equal(apiServerFamily({}), "kubernetes");
  assert.equal(apiServerFamily({ PODNET_LAB_KUBERNETES: "" }), "kubernetes");
  assert.equal(apiServerFamily({ PODNET_LAB_KUBERNETES: "1.34" }), "kubernetes-1.34");
});

test("a version that there is none of is refused with those that there are", () => {
  assert.throws(() => apiServerFamily({ PODNET_LAB_KUBERNETES: "1.20" }), {
    message: 'PODNET_LAB_KUBERNETES is "1.20": leave it out, or set it to 1.34.',
  });
});
