import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { followSources } from "./follow-sources.ts";

test("files that change at once are given together, also those of folders below, and it ends with its signal", async (t) => {
  const root = await mkdtemp(join(tmpdir(), "podnet-sources-"));
  t.after(() => rm(root, { recursive: true }));
  await Promise.all([
    mkdir(join(root, "lib/net"), { recursive: true }),
    mkdir(join(root, "operator")),
    mkdir(join(root, "docs")),
  ]);
  const stop = new AbortController();
  const changes = followSources(root, ["lib", "operator"], stop.signal);
  const first = changes.next();
  // A watch begins some time after it was asked for: what comes before it is not told.
  const written = setInterval(() => {
    for (const file of ["lib/net/prefix.ts", "operator/main.ts", "docs/plan.md"]) void writeFile(join(root, file), "");
  }, 20);
  const { value } = await first;
  clearInterval(written);
  assert.deepEqual(new Set(value), new Set(["lib/net/prefix.ts", "operator/main.ts"]));
  const last = changes.next();
  stop.abort();
  await last;
  assert.equal((await changes.next()).done, true);
});
