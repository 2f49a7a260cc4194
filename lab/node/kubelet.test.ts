import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { kubeletArguments, renderKubeletConfig } from "./kubelet.ts";

test("the kubelet's configuration is the golden one", () => {
  const golden = readFileSync(new URL("testdata/kubelet.yaml", import.meta.url), "utf8");
  const config = renderKubeletConfig({ clientCaFile: "/lab/pki/ca.crt", clusterDns: ["10.96.0.10", "fd00:10:96::10"] });
  assert.equal(config, golden);
});

test("a kubelet that is soon taken as lost gives a word the more often", () => {
  const config = renderKubeletConfig({ clientCaFile: "/lab/pki/ca.crt", clusterDns: [], silenceSeconds: 12 });
  assert.match(config, /^nodeLeaseDurationSeconds: 12$/m);
});

test("a node with an address of each family tells the kubelet both", () => {
  const args = kubeletArguments("node-1", ["192.168.1.11", "fd00:192:168:1::11"], "/lab/kubelet.yaml", "/lab/kubeconfig");
  assert.ok(args.includes("--node-ip=192.168.1.11,fd00:192:168:1::11"));
});
