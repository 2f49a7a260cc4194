import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { linkKubeconfig, unlinkKubeconfig } from "./kubeconfig-link.ts";

test("the link beside labs leads to the last one that was brought up, and goes with that one only", (context) => {
  const place = mkdtempSync(join(tmpdir(), "kubeconfig-link-test-"));
  context.after(() => rmSync(place, { recursive: true }));
  for (const lab of ["one", "two"]) {
    mkdirSync(join(place, lab));
    writeFileSync(join(place, lab, "kubeconfig"), lab);
    assert.equal(readFileSync(linkKubeconfig(join(place, lab)), "utf8"), lab);
  }
  unlinkKubeconfig(join(place, "one"));
  assert.ok(existsSync(join(place, "kubeconfig")));
  unlinkKubeconfig(join(place, "two"));
  assert.ok(!existsSync(join(place, "kubeconfig")));
});
