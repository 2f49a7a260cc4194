import assert from "node:assert/strict";
import { test } from "node:test";
import { longestConditionMessage } from "./limits.ts";
import schemas from "./schemas.json" with { type: "json" };

test("the messages of every kind's conditions are of one length at most", () => {
  const { NodeNetwork, PodNetwork } = schemas;
  for (const { properties } of [NodeNetwork, PodNetwork])
    assert.equal(properties.status.properties.conditions.items.properties.message.maxLength, longestConditionMessage);
});
