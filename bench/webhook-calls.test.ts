import assert from "node:assert/strict";
import { test } from "node:test";
import { callsSince, parseWebhookCalls } from "./webhook-calls.ts";

const name = "apiserver_admission_webhook_admission_duration_seconds";
const metrics = (quick: number, count: number, seconds: number) => `# TYPE ${name} histogram
${name}_bucket{name="podnetworks.podnet.dev",operation="CREATE",rejected="false",type="validating",le="0.005"} ${quick}
${name}_bucket{name="podnetworks.podnet.dev",operation="CREATE",rejected="false",type="validating",le="0.025"} ${count}
${name}_sum{name="podnetworks.podnet.dev",operation="CREATE",rejected="false",type="validating"} ${seconds}
${name}_count{name="podnetworks.podnet.dev",operation="CREATE",rejected="false",type="validating"} ${count}
${name}_count{name="podnetworks.podnet.dev",operation="UPDATE",rejected="false",type="validating"} 7
${name}_count{name="other.example.com",operation="CREATE",rejected="false",type="validating"} 9
`;

test("calls of podnet's webhook for creates are told from others, and those between two readings from those before", () => {
  const before = parseWebhookCalls(metrics(8, 10, 0.05));
  assert.deepEqual(before, { count: 10, seconds: 0.05, quick: 8 });
  const { meanMs, slowShare } = callsSince(before, parseWebhookCalls(metrics(107, 110, 0.25)));
  assert.ok(Math.abs(meanMs - 2) < 1e-9);
  assert.equal(slowShare, 0.01);
});
