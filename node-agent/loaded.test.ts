import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

/** Prints the parts of Node that an agent has loaded before it starts, and our packages. */
const program = `
  import { registerHooks } from "node:module";
  const packages = new Set();
  registerHooks({
    load(url, context, next) {
      packages.add(/node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(url)?.[1]);
      return next(url, context);
    },
  });
  await import(${JSON.stringify(join(import.meta.dirname, "main.ts"))});
  packages.delete(undefined);
  console.log(JSON.stringify({ packages: [...packages].sort(), node: process.moduleLoadList }));
`;

test("an agent has only what it needs in memory: it is on every node", () => {
  const loaded: { packages: string[]; node: string[] } = JSON.parse(
    execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" }),
  );
  assert.deepEqual(loaded.packages, [
    "@opentelemetry/api",
    "ajv",
    "bintrees",
    "cidr-regex",
    "fast-deep-equal",
    "fast-uri",
    "ip-bigint",
    "json-schema-traverse",
    "prom-client",
    "tdigest",
    "undici",
  ]);
  assert.deepEqual(
    loaded.node.filter((name) => name.includes("deps/undici")),
    [],
    "Node's own fetch, which an import of node:http loads",
  );
});
