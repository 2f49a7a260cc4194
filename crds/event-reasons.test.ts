import assert from "node:assert/strict";
import { test } from "node:test";
import { eventReasons } from "./event-reasons.ts";

/** What scripts and alerts of others may match on. */
const promised = [
  "AmbiguousSelection",
  "CapacityLow",
  "DriftContended",
  "DriftRepaired",
  "DuplicateReport",
  "LeaderChanged",
  "LeasesCollected",
  "LossRepaired",
  "NodeAddressConflict",
  "NodeUnselected",
  "NodeUnserved",
  "OverlapRejected",
  "PeersUnreachable",
  "PodCIDRNotAdopted",
  "RangeAccepted",
  "RangeExhausted",
  "RecoveryBarrier",
  "RecoveryEnded",
  "SubnetAdopted",
  "SubnetAssigned",
  "SubnetDraining",
  "SubnetHeld",
  "SubnetReleased",
];

test("no reason of an Event that was ever promised is gone or has another name", () => {
  const gone = promised.filter((reason) => !(reason in eventReasons));
  assert.deepEqual(gone, []);
});
