import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { renderTar, type TarEntry } from "./tar.ts";

const ENTRIES: readonly TarEntry[] = [
  { path: "bin", kind: "directory", mode: 0o755 },
  { path: "bin/hello", kind: "file", mode: 0o755, content: Buffer.from("#!/bin/sh\necho hello\n") },
  { path: "bin/full-block", kind: "file", mode: 0o600, content: Buffer.alloc(512, "x") },
  { path: "bin/hi", kind: "link", target: "hello" },
];

test("tar reads the archive: names, modes, sizes, owners, dates and links", () => {
  const options = ["--list", "--verbose", "--numeric-owner", "--full-time", "--utc"];
  const listing = execFileSync("tar", options, { input: renderTar(ENTRIES), encoding: "utf8" });
  assert.deepEqual(
    listing
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/ +/g, " ")),
    [
      "drwxr-xr-x 0/0 0 1970-01-01 00:00:00 bin/",
      "-rwxr-xr-x 0/0 21 1970-01-01 00:00:00 bin/hello",
      "-rw------- 0/0 512 1970-01-01 00:00:00 bin/full-block",
      "lrwxrwxrwx 0/0 0 1970-01-01 00:00:00 bin/hi -> hello",
    ],
  );
});

test("tar gives back the content of a file", () => {
  const content = execFileSync("tar", ["--extract", "--to-stdout", "bin/hello"], { input: renderTar(ENTRIES), encoding: "utf8" });
  assert.equal(content, "#!/bin/sh\necho hello\n");
});

test("the same entries give the same bytes", () => {
  assert.ok(renderTar(ENTRIES).equals(renderTar(structuredClone(ENTRIES))));
});

test("a path that a header cannot hold is refused by name", () => {
  const path = "a".repeat(101);
  assert.throws(() => renderTar([{ path, kind: "directory", mode: 0o755 }]), new RegExp(path));
});
