import assert from "node:assert/strict";
import { test } from "node:test";
import { recipeOf } from "./recipe.ts";

test("a module whose project numbers its releases otherwise is looked for, and says its version, by the number of the release", () => {
  const recipe = recipeOf("prometheus");
  for (const [module, release] of [
    ["v0.316.0", "v3.16.0"],
    ["v0.300.1", "v3.0.1"],
  ] as const) {
    assert.equal(recipe.releaseOf?.(module), release);
    assert.ok(recipe.flags(module).some((flag) => flag.endsWith(`version.Version=${release.slice(1)}`)));
  }
});
