import assert from "node:assert/strict";
import { test } from "node:test";
import { configMaps, nodes, validatingWebhookConfigurations } from "./builtin.ts";
import { collectionPath, keyOf, nameOf, objectPath } from "./resource.ts";
import { notOlder } from "./resource-version.ts";

test("paths of objects and collections, with and without group, namespace and subresource", () => {
  assert.equal(objectPath(nodes, "node-1", "status"), "/api/v1/nodes/node-1/status");
  assert.equal(objectPath(configMaps, { namespace: "kube-system", name: "a" }), "/api/v1/namespaces/kube-system/configmaps/a");
  assert.equal(collectionPath(configMaps), "/api/v1/configmaps");
  assert.equal(
    objectPath(validatingWebhookConfigurations, "podnet"),
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/podnet",
  );
});

test("a name cannot lead to another path", () => {
  assert.equal(objectPath(nodes, "../secrets"), "/api/v1/nodes/..%2Fsecrets");
  assert.throws(() => objectPath(nodes, ".."), TypeError);
  assert.throws(() => objectPath(nodes, ""), TypeError);
});

test("a namespace that is missing or too much is a mistake of the caller", () => {
  assert.throws(() => objectPath(configMaps, "a"), /ConfigMap a needs a namespace/);
  assert.throws(() => objectPath(nodes, { namespace: "default", name: "node-1" }), /Node node-1 has no namespace/);
});

test("an object's key and its name are made of the same parts", () => {
  const inNamespace = { metadata: { namespace: "kube-system", name: "a" } };
  assert.deepEqual([keyOf(inNamespace), nameOf(inNamespace)], ["kube-system/a", { namespace: "kube-system", name: "a" }]);
  const alone = { metadata: { name: "node-1" } };
  assert.deepEqual([keyOf(alone), nameOf(alone)], ["node-1", "node-1"]);
});

test("versions are compared as numbers of any length", () => {
  const huge = "98765432109876543210";
  assert.deepEqual(
    [notOlder("10", "9"), notOlder("9", "10"), notOlder("10", "10"), notOlder(huge, "9876543210987654321"), notOlder("99", huge)],
    [true, false, true, true, false],
  );
});
