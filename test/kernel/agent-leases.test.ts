import assert from "node:assert/strict";
import { test } from "node:test";
import { podAddresses } from "../../node-agent/plan/leases.ts";
import { toPrefix } from "../../lib/net/prefix.ts";
import { agentNode, assertProgrammed, viewOf } from "../support/agent-node.ts";
import { callPlugins } from "../support/cni.ts";
import { makeNetns } from "../support/netns.ts";
import { makeSite } from "../support/node-site.ts";
import { active, claimObject, ownSpec } from "../support/node-view.ts";

for (const cidr of ["10.244.1.0/29", "fd00:10:244:1::/125"])
  test(`as many pods get an address of ${cidr} as are counted free in it`, async (t) => {
    const site = await makeSite(t);
    const node = await agentNode(t, "node-1", await site.plug("node-1", 11));
    const view = viewOf(ownSpec({ subnets: active(cidr) }), [claimObject(1, { cidr })]);
    const [first] = await node.run(view);
    assertProgrammed(first);
    const free = Number(podAddresses(toPrefix(cidr)));
    assert.deepEqual(first?.report?.status.subnets, [{ cidr, leases: 0, free }]);
    const pods = await Promise.all(Array.from({ length: free + 1 }, (_, n) => makeNetns(t, `pod-${n}`)));
    const statuses: number[] = [];
    for (const { name, path } of pods) statuses.push((await callPlugins(node.runtime, "ADD", name, path)).status);
    assert.deepEqual(
      statuses.map((status) => status === 0),
      [...pods.slice(1).map(() => true), false],
    );
    const [full] = await node.run(view);
    assert.deepEqual(full?.report?.status.subnets, [{ cidr, leases: free, free: 0 }]);
  });
