import assert from "node:assert/strict";
import { test } from "node:test";
import { countsSince, parseRequestCounts } from "./request-counts.ts";

const metrics = (posts: number) => `# TYPE apiserver_request_total counter
apiserver_request_total{code="201",resource="nodesubnets",subresource="",verb="POST"} ${posts}
apiserver_request_total{code="409",resource="nodesubnets",subresource="",verb="POST"} 1
apiserver_request_total{code="200",resource="podnetworks",subresource="status",verb="APPLY"} 3
apiserver_request_duration_seconds_sum{resource="nodes",verb="GET"} 7
`;

test("requests are summed over their answers, and only what came in between counts", () => {
  const before = parseRequestCounts(metrics(4));
  assert.deepEqual(
    [...before],
    [
      ["POST nodesubnets", 5],
      ["APPLY podnetworks/status", 3],
    ],
  );
  assert.deepEqual([...countsSince(before, parseRequestCounts(metrics(9)))], [["POST nodesubnets", 5]]);
});
