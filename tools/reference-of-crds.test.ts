import assert from "node:assert/strict";
import { test } from "node:test";
import { type ReferenceSchema, renderReference } from "./reference-of-crds.ts";

const boat: ReferenceSchema = {
  type: "object",
  description: "What floats.",
  required: ["spec"],
  properties: {
    apiVersion: { type: "string" },
    spec: {
      type: "object",
      required: ["masts"],
      properties: {
        colour: { type: "string", enum: ["Red", "Blue"], default: "Red", description: "Painted in it | over it." },
        crew: { "x-kubernetes-int-or-string": true, default: "10%", maxLength: 4 },
        engine: { type: "object", default: {}, properties: { horses: { type: "integer", minimum: 1, default: 5 } } },
        flags: { type: "object", maxProperties: 3, additionalProperties: { type: "string" } },
        masts: {
          type: "array",
          minItems: 1,
          maxItems: 4,
          items: { type: "object", required: ["height"], properties: { height: { type: "integer", minimum: 1, maximum: 60 } } },
        },
        ports: { type: "array", items: { type: "string", maxLength: 9 } },
      },
    },
    status: { type: "object", properties: { sunkAt: { type: "string", format: "date-time" } } },
  },
};

test("every field is a row with its type, default, bounds and meaning", () => {
  const page = renderReference({ Boat: boat }, "sea.dev/v1");
  assert.ok(page.includes("`sea.dev/v1`"));
  assert.deepEqual(page.slice(page.indexOf("## Boat")).split("\n"), [
    "## Boat",
    "",
    "What floats.",
    "",
    "| field | type | default | bounds | meaning |",
    "|---|---|---|---|---|",
    "| `spec` | object | required |  |  |",
    "| `spec.colour` | `Red`, `Blue` | `Red` |  | Painted in it \\| over it. |",
    "| `spec.crew` | integer or string | `10%` | at most 4 characters |  |",
    "| `spec.engine` | object |  |  |  |",
    "| `spec.engine.horses` | integer | `5` | at least 1 |  |",
    "| `spec.flags` | map of string |  | at most 3 entries |  |",
    "| `spec.masts` | list | required | 1 to 4 entries |  |",
    "| `spec.masts[].height` | integer | required | 1 to 60 |  |",
    "| `spec.ports` | list of string |  |  |  |",
    "| `status` | object |  |  |  |",
    "| `status.sunkAt` | time |  |  |  |",
    "",
  ]);
});
