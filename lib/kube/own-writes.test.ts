import assert from "node:assert/strict";
import { test } from "node:test";
import { createCache } from "./cache.ts";
import { createOwnWrites } from "./own-writes.ts";
import type { KubeObject, Stored } from "./resource.ts";

function object(name: string, version: number, uid: string): Stored<KubeObject> {
  return { metadata: { name, uid, resourceVersion: String(version), creationTimestamp: "2026-01-01T00:00:00Z" } };
}

function bench() {
  const cache = createCache<KubeObject>((item) => item);
  return { cache, writes: createOwnWrites(cache) };
}

test("before the first list nothing is shown, then everything while nothing was written", () => {
  const { cache, writes } = bench();
  assert.equal(writes.shown(), false);
  cache.replace([], "10");
  assert.equal(writes.shown(), true);
});

test("a change is shown from its version on, the newest of several counts", () => {
  const { cache, writes } = bench();
  cache.replace([], "10");
  writes.note({ version: "12" });
  writes.note({ version: "11" });
  cache.take({ type: "ADDED", object: object("a", 11, "a1") });
  assert.equal(writes.shown(), false);
  cache.take({ type: "BOOKMARK", resourceVersion: "12" });
  assert.equal(writes.shown(), true);
});

test("a deletion is shown when that very object is gone, also when another came under its name", () => {
  const { cache, writes } = bench();
  cache.replace([object("a", 5, "old"), object("b", 6, "b1")], "10");
  writes.note({ gone: { key: "a", uid: "old" } });
  writes.note({ gone: { key: "b", uid: "b1" } });
  cache.take({ type: "MODIFIED", object: object("a", 11, "new") });
  assert.equal(writes.shown(), false);
  cache.take({ type: "DELETED", object: object("b", 12, "b1") });
  assert.equal(writes.shown(), true);
});

test("after the server went back in time the writes it undid are no longer waited for", () => {
  const { cache, writes } = bench();
  cache.replace([object("a", 5, "a1")], "10");
  writes.note({ version: "20" });
  writes.note({ gone: { key: "a", uid: "a1" } });
  writes.clear();
  cache.replace([object("a", 5, "a1")], "8");
  assert.equal(writes.shown(), true);
});
