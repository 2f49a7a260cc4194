import assert from "node:assert/strict";
import { test } from "node:test";
import { affectedBy } from "./affected.ts";

const cases: readonly [path: string, parts: readonly string[]][] = [
  ["operator/plan/allocate.ts", ["operator"]],
  ["webhooks/server.ts", ["webhook"]],
  ["node-agent/mender.ts", ["agent"]],
  ["cni/plan/conflist.ts", ["agent"]],
  ["lib/net/prefix.ts", ["operator", "webhook", "agent"]],
  ["crds/schemas.json", ["operator", "webhook", "agent"]],
  ["crds/podnetwork.yaml", ["manifests"]],
  ["deploy/operator.yaml", ["manifests"]],
  ["deploy/chart/values.yaml", []],
  ["operator/plan/allocate.test.ts", []],
  ["lib/linux/kinds/testdata/iproute2-6.1/links.json", []],
  ["lib/net/.prefix.ts.swp", []],
];

for (const [path, parts] of cases)
  test(`a change of ${path} concerns ${parts.join(", ") || "nothing that runs"}`, () => {
    assert.deepEqual([...affectedBy([path])], parts);
  });

test("of several changes each part is named once", () => {
  assert.deepEqual(
    [...affectedBy(["operator/main.ts", "lib/net/prefix.ts", "operator/pass.ts"])],
    ["operator", "webhook", "agent"],
  );
});
