import assert from "node:assert/strict";
import { test } from "node:test";
import { type JudgedObject, kstatusOf } from "./kstatus.ts";

const condition = (type: string, status: string) => ({ type, status });
const seen = { metadata: { generation: 2 } };

for (const [what, object, wanted] of [
  ["an object of which nothing is known is Current", { metadata: {} }, "Current"],
  [
    "one that is being deleted is Terminating, whatever its conditions",
    { metadata: { deletionTimestamp: "2026-11-24T12:00:00Z" }, status: { conditions: [condition("Stalled", "True")] } },
    "Terminating",
  ],
  [
    "one whose generation was not observed is InProgress, Ready or not",
    { ...seen, status: { observedGeneration: 1, conditions: [condition("Ready", "True")] } },
    "InProgress",
  ],
  [
    "Reconciling goes before Ready",
    { ...seen, status: { observedGeneration: 2, conditions: [condition("Ready", "True"), condition("Reconciling", "True")] } },
    "InProgress",
  ],
  [
    "Stalled is Failed",
    {
      ...seen,
      status: {
        observedGeneration: 2,
        conditions: [condition("Ready", "False"), condition("Reconciling", "False"), condition("Stalled", "True")],
      },
    },
    "Failed",
  ],
  [
    "of Reconciling and Stalled the first in the list decides",
    { ...seen, status: { conditions: [condition("Stalled", "True"), condition("Reconciling", "True")] } },
    "Failed",
  ],
  [
    "not Ready is InProgress",
    { ...seen, status: { observedGeneration: 2, conditions: [condition("Ready", "Unknown")] } },
    "InProgress",
  ],
  [
    "Ready is Current",
    { ...seen, status: { observedGeneration: 2, conditions: [condition("Ready", "True"), condition("Stalled", "False")] } },
    "Current",
  ],
] as const satisfies readonly (readonly [string, JudgedObject, string])[])
  test(`kstatus: ${what}`, () => assert.equal(kstatusOf(object), wanted));
