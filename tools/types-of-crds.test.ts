import assert from "node:assert/strict";
import { test } from "node:test";
import { type CrdSchema, renderTypes } from "./types-of-crds.ts";

const text: CrdSchema = { type: "string" };
const conditions: CrdSchema = {
  type: "array",
  items: { type: "object", required: ["type"], properties: { type: text } },
};

const schemas: Record<string, CrdSchema> = {
  Boat: {
    type: "object",
    description: "What floats.",
    properties: {
      spec: {
        type: "object",
        required: ["name"],
        properties: {
          name: text,
          colour: { type: "string", enum: ["Red", "Blue"], default: "Red", description: "What it is painted in." },
          engine: { type: "object", default: {}, properties: { horses: { type: "integer", default: 5 }, fuel: text } },
          masts: { type: "array", items: { type: "object", required: ["height"], properties: { height: { type: "integer" } } } },
          flags: { type: "object", additionalProperties: text },
        },
      },
      status: { type: "object", properties: { conditions } },
    },
  },
  Raft: { type: "object", properties: { spec: { type: "object" }, status: { type: "object", properties: { conditions } } } },
};

test("each object of a schema becomes an interface named after its place, and what has a default is always there", async () => {
  const types = await renderTypes(schemas, "sea.dev/v1");
  const wanted = [
    `export interface BoatEngine {\n  horses: number;\n  fuel?: string;\n}`,
    `export interface BoatMast {\n  height: number;\n}`,
    `export interface BoatSpec {\n  name: string;\n  /** What it is painted in. */\n  colour: "Red" | "Blue";\n  engine: BoatEngine;\n  masts?: BoatMast[];\n`,
    `/** What floats. */\nexport interface Boat {\n  apiVersion: "sea.dev/v1";\n  kind: "Boat";\n  metadata: ObjectMeta;\n  spec: BoatSpec;\n  status?: BoatStatus;\n}`,
  ];
  for (const part of wanted) assert.ok(types.includes(part), `${part}\nis not in:\n${types}`);
});

test("conditions are one type for all kinds", async () => {
  const types = await renderTypes(schemas, "sea.dev/v1");
  assert.equal(types.match(/export interface Condition /g)?.length, 1);
  assert.match(types, /interface RaftStatus \{\n {2}conditions\?: Condition\[\];/);
});

test("the same schemas give the same text, byte for byte, without a word on the generator's working", async () => {
  const types = await renderTypes(schemas, "sea.dev/v1");
  assert.equal(await renderTypes(structuredClone(schemas), "sea.dev/v1"), types);
  assert.doesNotMatch(types, /referenced by|\/\*\*\n \*\/|interface All/);
});

test("a kind without a spec is no kind of ours", async () => {
  await assert.rejects(renderTypes({ Rock: { type: "object", properties: {} } }, "sea.dev/v1"), /Rock has no spec/);
});
