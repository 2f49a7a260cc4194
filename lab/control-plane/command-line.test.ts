import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { threeNodes } from "../instance.ts";
import { componentArguments } from "./command-line.ts";

const settings = { instance: threeNodes("demo"), address: "192.168.1.10", pki: "/lab/pki", data: "/lab/data" };
const components = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const;

test("the control plane's command lines are as they were", () => {
  const text = components.map((component) => [component, ...componentArguments(component, settings)].join("\n  ")).join("\n\n");
  assert.equal(`${text}\n`, readFileSync(new URL("testdata/command-lines.txt", import.meta.url), "utf8"));
});

test("without kubelets nobody declares nodes lost, and in no lab the controllers give nodes subnets", () => {
  const controllers = (instance = settings.instance) => componentArguments("kube-controller-manager", { ...settings, instance });
  assert.ok(controllers().includes("--allocate-node-cidrs=false"));
  assert.ok(controllers(threeNodes("bare", "nodes-without-kubelets")).includes("--controllers=*,-node-lifecycle-controller"));
});

test("where an instance says so, a silent node is soon taken as lost", () => {
  const instance = { ...settings.instance, silenceSeconds: 12 };
  const args = componentArguments("kube-controller-manager", { ...settings, instance });
  assert.ok(args.includes("--node-monitor-grace-period=12s"));
});
