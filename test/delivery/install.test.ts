// One helm install with a PodNetwork in it, on three nodes that are not Ready.
import assert from "node:assert/strict";
import { test } from "node:test";
import { install } from "../../bench/install.ts";
import { namesOf } from "../support/small-bench.ts";

test("by one helm install with a network in it nodes become Ready and waiting pods get addresses and run, and it is measured", async () => {
  const names = await namesOf(install, "bench-install");
  for (const one of [
    "podnet-cni: every pod ready",
    "all three nodes Ready",
    "every waiting pod has an address",
    "every waiting pod runs",
    "agent: memory at rest",
    "operator: from its start until it is ready",
    "webhook: from its start until it is ready",
    "agent: from its start until it is ready",
    "image, packed",
    "image: layer 1 of 2, packed",
  ])
    assert.ok(names.includes(one), `${one} is not among ${names.join(", ")}`);
});
