import assert from "node:assert/strict";
import test from "node:test";
import { failure } from "./build.ts";
import { FAMILIES } from "./family.ts";
import { readPinned } from "./pinned.ts";
import { releasesOf } from "./release.ts";

const pinned = { folder: "/x/etcd" };

test("a build that fails shows the compiler's words and not the packages it got through", () => {
  assert.equal(
    failure(pinned, "go build", ["go.etcd.io/bbolt", "# example.com/x", "x.go:3:1: syntax error"]),
    "go build in /x/etcd failed; its last words:\n  # example.com/x\n  x.go:3:1: syntax error",
  );
});

test("a build that fills the disk says so", () => {
  const sentence = failure(pinned, "go build", ["errors", "write /t/b001/importcfg: no space left on device", "more"]);
  assert.match(sentence, /^go build in \/x\/etcd ran out of disk space \(write .*\): free some space, or set GOCACHE/);
});

test("every family is pinned by its go.mod to a version that its official downloads carry in their names", async () => {
  for (const family of FAMILIES) {
    const { version, entry, leastGo, recipe } = await readPinned(family);
    assert.match(version, /^v\d+\.\d+\.\d+$/);
    assert.match(leastGo, /^1\.\d+/);
    assert.ok(entry.startsWith(`${family}-${version}-`));
    const releases = releasesOf(family, recipe.programs, version, "arm64");
    // Of its releases not all would be there.
    if (family === "argocd") {
      assert.deepEqual(releases, []);
      continue;
    }
    assert.deepEqual(releases.flatMap(({ programs }) => programs).toSorted(), [...recipe.programs].toSorted());
    for (const { url } of releases) assert.ok(url.startsWith("https://") && url.includes(version) && url.includes("arm64"), url);
  }
});
