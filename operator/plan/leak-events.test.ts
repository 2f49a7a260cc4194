import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeNetworkStatusLeaks } from "../../crds/types.ts";
import { claim, network, node, record, withLedger } from "../../test/support/plan-snapshot.ts";
import { allocate } from "./allocate.ts";
import { nodeNetworkSteps } from "./node-networks.ts";
import { standingEvents } from "./standing-events.ts";

const [one, two] = [node("node-1"), node("node-2")];
const claims = [claim("10.244.1.0/24", one), claim("10.244.2.0/24", two)];

/** What is told where the agent of node-1 says this, e.g. `"Node/node-1 LeasesCollected 2: it took back …"`. */
function told(leaks: NodeNetworkStatusLeaks | undefined, nodes = [one, two]): string[] {
  const before = withLedger({ networks: [network()], nodes: [one, two], claims });
  const made = nodeNetworkSteps(before, allocate(before)).flatMap(({ want }) => (want === undefined ? [] : [want]));
  const records = made.map((object) =>
    record(object.metadata.name === "node-1" && leaks !== undefined ? { ...object, status: { leaks } } : object),
  );
  const snapshot = { ...before, nodes, records };
  return standingEvents(snapshot, { unselected: [], unserved: [] }).map(
    ({ regarding: { kind, name }, reason, note, times }) => `${kind}/${name} ${reason} ${times}: ${note}`,
  );
}

const last = (...addresses: readonly string[]) => addresses.map((address) => ({ address, at: "2026-01-01T00:00:00Z" }));

test("what an agent took back is told on its Node, counted, with the last addresses", () => {
  assert.deepEqual(told({ collectedTotal: 7, last: last("10.244.1.9", "10.244.1.8", "10.244.1.9") }), [
    "Node/node-1 LeasesCollected 7: it took back 7 addresses so far that no pod has any more, the last ones 10.244.1.9, 10.244.1.8",
  ]);
  assert.deepEqual(told({ collectedTotal: 1 }), [
    "Node/node-1 LeasesCollected 1: it took back 1 address so far that no pod has any more",
  ]);
});

test("an agent that took back nothing, or says nothing of it, is no news", () => {
  assert.deepEqual([told(undefined), told({ collectedTotal: 0 })], [[], []]);
});

test("an address that lies in no claim of that node is not named, whatever its agent says", () => {
  assert.deepEqual(told({ collectedTotal: 3, last: last("10.244.2.9", "nonsense", "8.8.8.8", "010.244.1.1") }), [
    "Node/node-1 LeasesCollected 3: it took back 3 addresses so far that no pod has any more",
  ]);
});

test("what the agent of an earlier Node of that name said is not told on the Node of today", () => {
  assert.deepEqual(told({ collectedTotal: 3 }, [{ ...one, uid: "another" }, two]), []);
});
