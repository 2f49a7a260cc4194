import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { twoSegments } from "./instance.ts";
import type { Instance } from "./instance.ts";
import { hostBatch, hostSysctls, networkNamespaces, rewireBatch, unwireBatch, wireBatch } from "./network.ts";

const instance: Instance = twoSegments("two");

test("what `ip` is told to wire two segments together is as it was", () => {
  const batches = [wireBatch(instance), ...instance.hosts.map((host) => hostBatch(instance, host))];
  const text = batches.map(({ namespace, lines }) => `# ip -n ${namespace} -batch -\n${lines.join("\n")}\n`).join("\n");
  assert.equal(text, readFileSync(new URL("testdata/two-segments.batch", import.meta.url), "utf8"));
});

test("the wires of one host are unmade and made again as they are made with all others", () => {
  const all = new Set(wireBatch(instance).lines);
  for (const host of instance.hosts) {
    const { lines } = rewireBatch(instance, host);
    assert.ok(lines.length > 0 && lines.every((line) => all.has(line)));
    assert.equal(unwireBatch(instance, host).lines.length, host.attachments.length);
  }
});

test("only the router forwards", () => {
  const forwarding = instance.hosts.filter((host) => hostSysctls(host).get("/proc/sys/net/ipv4/ip_forward") === "1");
  assert.deepEqual(
    forwarding.map(({ name }) => name),
    ["router"],
  );
});

test("links' names fit into the kernel's 15 characters", () => {
  const names = wireBatch(instance).lines.flatMap((line) => /(?:add name|dev) (\S+)/.exec(line)?.[1] ?? []);
  assert.ok(names.length > 0);
  for (const name of names) assert.ok(name.length <= 15, name);
});

test("every host has a namespace named after the lab and itself, and the bridges have one", () => {
  assert.deepEqual(networkNamespaces(instance), [
    "podnet-two-wire",
    "podnet-two-router",
    "podnet-two-outside",
    "podnet-two-control-plane",
    "podnet-two-node-1",
    "podnet-two-node-2",
    "podnet-two-node-3",
  ]);
});
