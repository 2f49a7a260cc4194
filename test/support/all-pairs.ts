import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Lab } from "../../lab/lab.ts";
import type { Pod } from "../../lab/pod.ts";
import { startPings } from "./pod-traffic.ts";

/**
 * Does something while every pair of these pods exchanges a hundred pings a second in each family, fails where one was lost, and tells how many there were. A ping and its answer are
 * one packet each way, so each pair is asked once.
 */
export async function underTraffic(t: TestContext, lab: Lab, pods: readonly Pod[], work: () => Promise<void>): Promise<void> {
  const pairs = pods.flatMap((from, n) =>
    pods.slice(n + 1).flatMap(({ addresses }) => addresses.map((to) => [from, to] as const)),
  );
  const streams = await Promise.all(pairs.map(([from, to]) => startPings(lab, from, to, 100)));
  const began = performance.now();
  // Streams are ended in any case: the lab waits for its processes.
  const done = await Promise.allSettled([work()]);
  const seconds = (performance.now() - began) / 1000;
  const seen = await Promise.all(streams.map((stream) => stream.end()));
  for (const result of done) if (result.status === "rejected") throw result.reason;
  const sent = seen.reduce((sum, stream) => sum + stream.sent, 0);
  const lost = sent - seen.reduce((sum, stream) => sum + stream.received, 0);
  t.diagnostic(`${sent} packets between ${pods.length} pods in ${seconds.toFixed(1)} s, ${lost} lost`);
  assert.deepEqual(
    seen.map((stream, n) => `${streams[n]?.name}: ${stream.sent - stream.received} lost`),
    streams.map(({ name }) => `${name}: 0 lost`),
  );
}
