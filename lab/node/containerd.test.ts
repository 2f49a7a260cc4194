import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { renderContainerdConfig } from "./containerd.ts";

test("containerd's configuration is the golden one", () => {
  const golden = readFileSync(new URL("testdata/containerd.toml", import.meta.url), "utf8");
  assert.equal(renderContainerdConfig("docker.io/podnet/pause:1", "overlayfs"), golden);
});
