import assert from "node:assert/strict";
import { test } from "node:test";
import definitions from "../../crds/definitions.json" with { type: "json" };
import type { CustomResourceDefinition, StructuralSchema } from "../../lib/kube/builtin.ts";
import { planCrdChange, wordsOf } from "./crd-change.ts";

function definition(properties: Record<string, StructuralSchema>, version = "v1alpha1"): CustomResourceDefinition {
  const schema = { openAPIV3Schema: { properties: { spec: { properties } } } };
  const names = { kind: "PodNetwork", plural: "podnetworks" };
  const versions = [{ name: version, served: true, storage: true, schema }];
  return { metadata: { name: "podnetworks.podnet.dev" }, spec: { group: "podnet.dev", scope: "Cluster", names, versions } };
}

const mode = (...values: string[]): StructuralSchema => ({ enum: values });
const ours = definition({ mtu: {}, mode: mode("Direct", "VXLAN") });

for (const [situation, found, change] of [
  ["absent is created", undefined, { act: "create" }],
  ["the same is applied, for what are no words", definition({ mtu: {}, mode: mode("Direct", "VXLAN") }), { act: "apply" }],
  ["with fewer fields is brought up to date", definition({ mode: mode("Direct") }), { act: "apply" }],
  [
    "with one field more is newer and stays",
    definition({ mtu: {}, mode: mode("Direct", "VXLAN"), ranges: { items: { properties: { pace: {} } } } }),
    { act: "leave", beyond: ["v1alpha1 spec.ranges", "v1alpha1 spec.ranges[]", "v1alpha1 spec.ranges[].pace"] },
  ],
  [
    "with one value more is newer and stays",
    definition({ mtu: {}, mode: mode("Direct", "VXLAN", "Geneve") }),
    { act: "leave", beyond: ["v1alpha1 spec.mode=Geneve"] },
  ],
  [
    "that both lacks and has something is nobody's",
    definition({ mode: mode("Direct", "VXLAN"), colour: { additionalProperties: { enum: [1] } } }),
    {
      act: "refuse",
      beyond: ["v1alpha1 spec.colour", "v1alpha1 spec.colour{}", "v1alpha1 spec.colour{}=1"],
      lacking: ["v1alpha1 spec.mtu"],
    },
  ],
] as const)
  test(`a definition ${situation}`, () => assert.deepEqual(planCrdChange(ours, found), change));

test("another version of a kind is told apart by its name", () => {
  assert.equal(planCrdChange(ours, definition({ mtu: {} }, "v1beta1")).act, "refuse");
});

test("the words of podnet's own definitions have fields of lists, of maps, and their values", () => {
  const words = new Set(definitions.flatMap((one) => [...wordsOf(one)]));
  for (const word of ["spec.ranges[].state=Draining", "spec.nodeSelector.matchLabels{}", "status.conditions[].reason"])
    assert.ok(words.has(`v1alpha1 ${word}`), word);
});
