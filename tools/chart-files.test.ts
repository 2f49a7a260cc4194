import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { productVersion } from "../lib/daemon/version.ts";
import { sparing } from "./bundle.ts";
import { renderTemplate } from "./chart-files.ts";
import { imageNamed } from "./image/provide-image.ts";

test("a manifest becomes a template for any namespace, and who is Kubernetes' own stays so", () => {
  const manifest = [
    "metadata: {name: podnet-agent, namespace: kube-system}",
    "expression: user == 'system:serviceaccount:kube-system:podnet-agent'",
    "expression: user == 'system:serviceaccount:kube-system:generic-garbage-collector'",
  ].join("\n");
  assert.deepEqual(renderTemplate("deploy/agent.yaml", manifest).split("\n").slice(1), [
    "metadata: {name: podnet-agent, namespace: {{ .Release.Namespace }}, labels: {app.kubernetes.io/instance: {{ .Release.Name }}}}",
    "expression: user == 'system:serviceaccount:{{ .Release.Namespace }}:podnet-agent'",
    "expression: user == 'system:serviceaccount:kube-system:generic-garbage-collector'",
  ]);
});

test("a manifest that Helm would read as a template is none", () => {
  assert.throws(() => renderTemplate("deploy/agent.yaml", "message: '{{ node }}'"), /deploy\/agent\.yaml has \{\{/);
});

test("the chart starts an agent as the bench does that measures it", async () => {
  const template = await readFile(join(import.meta.dirname, "../deploy/chart/templates/agent.yaml"), "utf8");
  const command = /^ +command: \[(.*)\]$/m.exec(template)?.[1]?.split(", ") ?? [];
  assert.deepEqual(command.slice(1, -2), [...sparing.options]);
  for (const [name, value] of Object.entries(sparing.env))
    assert.ok(template.includes(`- {name: ${name}, value: "${value}"}`), name);
});

test("the chart and the manifest that takes podnet off all nodes are of this version", async () => {
  const read = (path: string) => readFile(join(import.meta.dirname, "..", path), "utf8");
  const chart: { readonly version: string; readonly appVersion: string } = parse(await read("deploy/chart/Chart.yaml"));
  assert.deepEqual([chart.version, chart.appVersion], [productVersion, productVersion]);
  const images = Array.from((await read("deploy/cleanup.yaml")).matchAll(/ image: (.*)$/gm), ([, image]) => image);
  assert.deepEqual(images, [imageNamed(productVersion), imageNamed(productVersion)]);
});
