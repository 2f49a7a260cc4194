import assert from "node:assert/strict";
import { test } from "node:test";
import { agentNode, assertProgrammed, viewOf } from "../support/agent-node.ts";
import { addPod } from "../support/cni.ts";
import { makeSite } from "../support/node-site.ts";
import { dualClaims, dualSpec } from "../support/node-view.ts";
import { ip } from "../support/netns.ts";
import { until } from "../support/until.ts";

/** Enough of a hundred a second to see a second's silence. */
const enough = 250;

test("what is sent to the first pod of a node arrives from its first moment on, in both families", async (t) => {
  const site = await makeSite(t);
  const node = await agentNode(t, "node-1", await site.plug("node-1", 11));
  const outside = await site.plug("outside", 99);
  await ip(outside.exec, "route add 10.244.1.0/24 via 192.168.1.11", "route add fd00:10:244:1::/64 via fd00:192:168:1::11");
  assertProgrammed((await node.run(viewOf(dualSpec(), dualClaims(1))))[0]);
  const pod = await addPod(t, node.runtime, "pod-a");
  const lost = pod.addresses.map(async (address) => {
    const [stop, seen] = [new AbortController(), new Set<number>()];
    const line = (text: string) => void seen.add(Number(/ seq=(\d+) /.exec(text)?.[1] ?? 0));
    const argv = ["busybox", "ping", "-i", "0.01", address];
    const ended = outside.exec.follow(argv, { line, complaint: (text) => t.diagnostic(text) }, stop.signal);
    await until(`answers of ${address}`, () => seen.size >= enough);
    stop.abort();
    await ended;
    return Array.from({ length: Math.max(...seen) }, (_, number) => number).filter((number) => !seen.has(number)).length;
  });
  assert.deepEqual(await Promise.all(lost), [0, 0]);
});
