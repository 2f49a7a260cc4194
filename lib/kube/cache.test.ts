import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createCache } from "./cache.ts";
import type { KubeObject, Stored } from "./resource.ts";

function object(name: string, version: number, uid = `${name}-uid`): Stored<KubeObject> {
  return { metadata: { name, uid, resourceVersion: String(version), creationTimestamp: "2026-01-01T00:00:00Z" } };
}

const names = fc.constantFrom("a", "b", "c", "d");
const happening = fc.oneof(
  fc.record({ do: fc.constantFrom("put" as const, "remove" as const), name: names }, { noNullPrototype: true }),
  fc.record({ do: fc.constantFrom("bookmark" as const, "list" as const) }, { noNullPrototype: true }),
);

test("after any events and lists the copy is the server, and every key that moved was given", () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
      const cache = createCache<KubeObject>((item) => item);
      const server = new Map<string, Stored<KubeObject>>();
      /** What somebody knows who looks at the copy only when a key is given. */
      const told = new Map<string, Stored<KubeObject>>();
      const tell = (key: string) => {
        const now = cache.get(key);
        if (now === undefined) told.delete(key);
        else told.set(key, now);
      };
      cache.replace([], "1");
      let version = 1;
      for (const one of happenings) {
        version++;
        if (one.do === "list") {
          // Changes that no event told of.
          server.set("missed", object("missed", version));
          server.delete("a");
          for (const key of cache.replace([...server.values()], String(version))) tell(key);
          continue;
        }
        const taken = cache.take(eventOf(one, version, server));
        assert.notEqual(taken, "backwards");
        if (typeof taken === "object" && taken.key !== undefined) tell(taken.key);
      }
      const sorted = (items: Iterable<Stored<KubeObject>>) =>
        [...items].toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name));
      assert.deepEqual(sorted(cache.list()), sorted(server.values()));
      assert.deepEqual(sorted(told.values()), sorted(server.values()));
      assert.equal(cache.version(), String(version));
    }),
  );
});

function eventOf(
  one: { do: "put" | "remove"; name: string } | { do: "bookmark" | "list" },
  version: number,
  server: Map<string, Stored<KubeObject>>,
) {
  if (one.do === "put") {
    const next = object(one.name, version);
    const type = server.has(one.name) ? ("MODIFIED" as const) : ("ADDED" as const);
    server.set(one.name, next);
    return { type, object: next };
  }
  if (one.do === "remove" && server.delete(one.name)) return { type: "DELETED" as const, object: object(one.name, version) };
  return { type: "BOOKMARK" as const, resourceVersion: String(version) };
}

test("an event older than the copy is not taken and called backwards", () => {
  const cache = createCache<KubeObject>((item) => item);
  cache.replace([object("a", 90)], "100");
  assert.equal(cache.take({ type: "MODIFIED", object: object("a", 95) }), "backwards");
  assert.equal(cache.take({ type: "BOOKMARK", resourceVersion: "99" }), "backwards");
  assert.deepEqual([cache.get("a")?.metadata.resourceVersion, cache.version()], ["90", "100"]);
});

test("an object made anew between two lists is given although its name stayed", () => {
  const cache = createCache<KubeObject>((item) => item);
  cache.replace([object("a", 5, "old"), object("b", 6)], "10");
  assert.deepEqual(cache.replace([object("a", 5, "new"), object("b", 6)], "11"), ["a"]);
});
