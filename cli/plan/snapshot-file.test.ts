import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterAtRest } from "../../test/support/cluster-sample.ts";
import { projectState } from "./cluster-state.ts";
import { parseSnapshotFile, renderSnapshotFile } from "./snapshot-file.ts";

test("what a snapshot says of itself is told without what could deceive a reader", () => {
  const read = parseSnapshotFile(JSON.stringify({ format: "podnet-snapshot", version: "2\u202e" }));
  assert.ok("problem" in read);
  assert.match(read.problem, /^it has version "2\\u202e", and this podnet reads \d+; make it anew with this podnet$/);
});

test("a Node that no API server would give is refused by the field that is wrong, and a network that is wrong is not", () => {
  const nodes = [{ name: "node-1", addresses: ["192.168.1.11"], pods: 1 }];
  const file = JSON.parse(renderSnapshotFile(projectState(clusterAtRest([{ name: "default" }], nodes))));
  const [node] = file.nodes;
  const reading = (part: object) => parseSnapshotFile(JSON.stringify({ ...file, ...part }));
  assert.ok("state" in reading({}));
  const problemOf = (read: ReturnType<typeof reading>) => ("problem" in read ? read.problem : "");
  assert.match(
    problemOf(reading({ nodes: [{ ...node, spec: { podCIDRs: [7] } }] })),
    /^nodes\[0\]: spec\.podCIDRs\[0\]: 7 is of the wrong type/,
  );
  const labelled = { ...node, metadata: { ...node.metadata, labels: { a: {} } } };
  assert.match(problemOf(reading({ nodes: [labelled] })), /^nodes\[0\]: metadata\.labels\.a: /);
  const [network] = file.podNetworks;
  assert.ok("state" in reading({ podNetworks: [{ ...network, spec: { ranges: "none" } }] }));
});

test("a snapshot keeps that no more than an address of the Services' range is known", () => {
  const serviceRanges = [{ cidr: "10.96.0.1/32", by: "Service/kubernetes in namespace default", addressOnly: true }] as const;
  const read = parseSnapshotFile(renderSnapshotFile({ ...clusterAtRest([{ name: "default" }], []), serviceRanges }));
  assert.deepEqual("state" in read && read.state.serviceRanges, serviceRanges);
});

test("a snapshot is of a time as the API server writes times, not of one behind which there is no other", () => {
  const file = JSON.parse(renderSnapshotFile(clusterAtRest([{ name: "default" }], [])));
  for (const takenAt of [
    "+275760-09-13T00:00:00Z",
    "yesterday",
    "2026",
    "2026-11-24T12:00:00",
    "2026-11-24",
    "2026-13-24T12:00:00Z",
    7,
  ]) {
    const read = parseSnapshotFile(JSON.stringify({ ...file, takenAt }));
    assert.deepEqual(read, { problem: 'takenAt: no time, e.g. "2026-11-24T12:00:00Z"' }, String(takenAt));
  }
});

test("an object whose creation is no moment is refused, and one of any zone is taken", () => {
  const file = JSON.parse(renderSnapshotFile(clusterAtRest([{ name: "default" }], [])));
  const created = (creationTimestamp: string) => {
    const [network] = file.podNetworks;
    const podNetworks = [{ ...network, metadata: { ...network.metadata, creationTimestamp } }];
    return parseSnapshotFile(JSON.stringify({ ...file, podNetworks }));
  };
  assert.deepEqual(created("2026-01-01T00:00:00"), {
    problem: 'podNetworks[0]: metadata.creationTimestamp: no time, e.g. "2026-11-24T12:00:00Z"',
  });
  assert.ok("state" in created("2026-01-01T01:00:00.5+01:00"));
});
