import assert from "node:assert/strict";
import { test } from "node:test";
import { agentNode, assertProgrammed, viewOf } from "../support/agent-node.ts";
import { addPod } from "../support/cni.ts";
import type { Netns } from "../support/netns.ts";
import { makeSite } from "../support/node-site.ts";
import { dualClaims, dualSpec } from "../support/node-view.ts";

const sent = 40;

/** How many of forty large packets, sent within half a second, are answered. */
async function answered(from: Netns, address: string): Promise<number> {
  const argv = ["busybox", "ping", "-q", "-s", "1200", "-i", "0.01", "-c", String(sent), "-w", "2", address];
  return Number(/ (\d+) packets received/.exec((await from.exec.run(argv)).stdout)?.[1]);
}

/** What a runtime makes of the annotation `kubernetes.io/ingress-bandwidth: 200k`. */
const slow = { bandwidth: { ingressRate: 200_000, ingressBurst: 30_000 } };

test("where a network lets bandwidth annotations count, a pod with one gets no more than that, and its neighbors as much as ever", async (t) => {
  const site = await makeSite(t);
  const node = await agentNode(t, "node-1", await site.plug("node-1", 11));
  const { cni } = dualSpec();
  const claims = dualClaims(1);
  assertProgrammed((await node.run(viewOf(dualSpec(), claims)))[0]);
  const unasked = await addPod(t, node.runtime, "unasked", slow);
  assertProgrammed((await node.run(viewOf(dualSpec({ cni: { ...cni, bandwidth: true } }), claims)))[0]);
  const [limited, free] = [await addPod(t, node.runtime, "limited", slow), await addPod(t, node.runtime, "free")];
  for (const address of free.addresses) assert.equal(await answered(unasked.netns, address), sent, "a pod without an annotation");
  for (const address of unasked.addresses) assert.equal(await answered(free.netns, address), sent, "a pod of before");
  for (const address of limited.addresses) {
    const count = await answered(free.netns, address);
    assert.ok(count > 0 && count < sent / 2, `${count} of ${sent} were answered`);
  }
});
