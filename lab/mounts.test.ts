import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMountPoints } from "./mounts.ts";

const line = (mountPoint: string): string => `36 35 98:0 / ${mountPoint} rw,noatime shared:1 - ext4 /dev/root rw`;

test("mount points at and below a folder are found in their order, and those of a folder with a longer name are not", () => {
  const table = ["/", "/lab", "/lab/b", "/lab/a", "/lab-two", "/other/lab"].map(line).join("\n");
  assert.deepEqual(parseMountPoints(table, "/lab"), ["/lab", "/lab/b", "/lab/a"]);
});

test("blanks in a path are written in octal", () => {
  assert.deepEqual(parseMountPoints(line("/my\\040lab/a\\011b"), "/my lab"), ["/my lab/a\tb"]);
});
