import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { renderKubeProxyConfig } from "./kube-proxy.ts";

test("kube-proxy's configuration is the golden one", () => {
  const golden = readFileSync(new URL("testdata/kube-proxy.yaml", import.meta.url), "utf8");
  assert.equal(renderKubeProxyConfig("node-1", "/lab/kube-proxy.kubeconfig", "cni0"), golden);
});
