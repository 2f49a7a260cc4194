import assert from "node:assert/strict";
import { test } from "node:test";
import { eventReasons } from "../../crds/event-reasons.ts";
import type { Condition, PodNetworkStatus } from "../../crds/types.ts";
import type { Step } from "../../lib/reconcile/kind.ts";
import {
  claim,
  condition,
  networkOf,
  node,
  podNetwork,
  record,
  storedMeta,
  withLedger,
} from "../../test/support/plan-snapshot.ts";
import { statusesOf } from "../../test/support/status-world.ts";
import { claimRemoval } from "../release.ts";
import { allocate } from "./allocate.ts";
import type { ClaimCause } from "./claim-cause.ts";
import { eventsOf } from "./events.ts";
import { nodeNetworkSteps } from "./node-networks.ts";
import { nodeSubnetSteps, promotions } from "./node-subnets.ts";
import type { Snapshot } from "./snapshot.ts";
import { withWritten } from "./written.ts";

/** e.g. `"Node/node-1 SubnetAssigned: 10.244.0.0/24 of PodNetwork/default"`. */
function told(written: readonly Step<unknown>[]): string[] {
  return eventsOf(written).map(({ regarding: { kind, name }, reason, note }) => `${kind}/${name} ${reason}: ${note}`);
}

function snapshot(part: Partial<Snapshot> = {}): Snapshot {
  return withLedger({ networks: [networkOf("default", ["10.244.0.0/16"])], ...part });
}

/** All that a pass writes of claims: new ones, and those that become Active. */
function claimSteps(before: Snapshot): Step<unknown>[] {
  const made = nodeSubnetSteps(before, allocate(before));
  const written = made.flatMap(({ key, want }) =>
    want === undefined ? [] : [[key, { ...want, metadata: { ...storedMeta(key), ...want.metadata } }] as const],
  );
  const after = withWritten(before, made, { failures: [], objects: new Map(written) });
  return [...made, ...promotions(after, allocate(after))];
}

const two = [node("node-1"), node("node-2")];

test("nodes that get their subnets are told of once on the network and once each on the Node", () => {
  const networks = [networkOf("default", ["10.244.0.0/16", "fd00:10:244::/48"])];
  const steps = claimSteps(snapshot({ networks, nodes: two }));
  assert.deepEqual(
    told(steps).toSorted(),
    [
      "Node/node-1 SubnetAssigned: 10.244.0.0/24, fd00:10:244::/64 of PodNetwork/default",
      "Node/node-2 SubnetAssigned: 10.244.1.0/24, fd00:10:244:1::/64 of PodNetwork/default",
      "PodNetwork/default SubnetAssigned: node-1 10.244.0.0/24, node-1 fd00:10:244::/64, node-2 10.244.1.0/24, node-2 fd00:10:244:1::/64",
    ].toSorted(),
  );
  const [first] = eventsOf(steps);
  assert.deepEqual(first?.regarding, {
    apiVersion: "podnet.dev/v1alpha1",
    kind: "PodNetwork",
    name: "default",
    uid: "uid-default",
  });
  assert.deepEqual(eventsOf(steps).at(-1)?.regarding, { apiVersion: "v1", kind: "Node", name: "node-2", uid: "uid-node-2" });
});

test("a thousand nodes at once are one Event of the network, which names ten of them", () => {
  const nodes = Array.from({ length: 1_000 }, (_, index) => node(`node-${index + 1}`, { addresses: [] }));
  const steps = claimSteps(snapshot({ networks: [networkOf("default", ["10.0.0.0/8"])], nodes }));
  const [first = ""] = told(steps);
  assert.match(first, /^PodNetwork\/default SubnetAssigned: (\S+ \S+, ){9}\S+ \S+ and 990 more$/);
  assert.equal(eventsOf(steps).length, 1_001);
});

test("claims that come back after they vanished are a loss repaired", () => {
  const bare = snapshot({ nodes: two, claims: two.map((owner, index) => claim(`10.244.${index}.0/24`, owner)) });
  const records = nodeNetworkSteps(bare, allocate(bare)).flatMap(({ want }) => (want === undefined ? [] : record(want)));
  const steps = claimSteps({ ...bare, claims: bare.claims.slice(1), records });
  assert.deepEqual(told(steps), [
    "PodNetwork/default LossRepaired: node-1 10.244.0.0/24: its claim vanished while the node uses it",
    "Node/node-1 LossRepaired: 10.244.0.0/24 of PodNetwork/default: its claim vanished while the node uses it",
  ]);
});

test("a podCIDR that becomes the subnet of its Node is adopted, and one that nobody asked for is assigned", () => {
  const nodes = [node("node-1", { podCIDRs: ["10.244.9.0/24"] }), node("node-2")];
  assert.deepEqual(told(claimSteps(snapshot({ nodes }))), [
    "PodNetwork/default SubnetAdopted: node-1 10.244.9.0/24: it is the podCIDR of the Node",
    "PodNetwork/default SubnetAssigned: node-2 10.244.0.0/24",
    "Node/node-1 SubnetAdopted: 10.244.9.0/24 of PodNetwork/default: it is the podCIDR of the Node",
    "Node/node-2 SubnetAssigned: 10.244.0.0/24 of PodNetwork/default",
  ]);
});

test("another subnet for a node that has one says why", () => {
  const before = snapshot({ nodes: [node("node-1")], claims: [claim("10.244.0.0/24", node("node-1"))] });
  const records = nodeNetworkSteps(before, allocate(before)).flatMap(({ want }) =>
    want === undefined
      ? []
      : [
          record({
            ...want,
            status: { configGeneration: 1, nodeUID: "uid-node-1", subnets: [{ cidr: "10.244.0.0/24", leases: 250, free: 3 }] },
          }),
        ],
  );
  assert.deepEqual(told(claimSteps({ ...before, records })), [
    "PodNetwork/default SubnetAssigned: node-1 10.244.1.0/24: the node is short of free IPv4 addresses",
    "Node/node-1 SubnetAssigned: 10.244.1.0/24 of PodNetwork/default: the node is short of free IPv4 addresses",
  ]);
});

test("a removed claim is a subnet released, with the reason", () => {
  const { object } = claim("10.244.7.0/24", node("node-1"), undefined, { state: "Held" });
  assert.deepEqual(told([claimRemoval(object, "its Node is gone")]), [
    "PodNetwork/default SubnetReleased: node-1 10.244.7.0/24: its Node is gone",
    "Node/node-1 SubnetReleased: 10.244.7.0/24 of PodNetwork/default: its Node is gone",
  ]);
});

test("other addresses of a node, and what its NodeNetwork says, are no news", () => {
  const moved = [node("node-1", { addresses: ["192.168.9.9"] })];
  const before = snapshot({ nodes: moved, claims: [claim("10.244.0.0/24", node("node-1"))] });
  const steps = [...nodeSubnetSteps(before, allocate(before)), ...nodeNetworkSteps(before, allocate(before))];
  assert.deepEqual(
    steps.map(({ op, kind }) => `${op} ${kind}`),
    ["change NodeSubnet", "add NodeNetwork"],
  );
  assert.deepEqual(told(steps), []);
});

/** A claim going from one state to another, either of which may be that there is none. */
function turn(from: string | undefined, to: string | undefined, cause?: ClaimCause): Step<unknown> {
  const { object } = claim("10.244.7.0/24", node("node-1"));
  const as = (state: string | undefined) => (state === undefined ? undefined : { ...object, spec: { ...object.spec, state } });
  const [have, want] = [as(from), as(to)];
  const op = have === undefined ? "add" : want === undefined ? "remove" : "change";
  return {
    op,
    kind: "NodeSubnet",
    key: object.metadata.name,
    because: "for a test",
    ...(cause && { cause }),
    ...(want && { want }),
    ...(have && { have }),
  };
}

test("each turn of a claim's state has its reason, and a claim that nobody ever used has none", () => {
  const turns: readonly (readonly [string | undefined, string | undefined, string | undefined])[] = [
    [undefined, "Pending", undefined],
    ["Pending", undefined, undefined],
    ["Pending", "Active", "SubnetAssigned"],
    ["Active", "Draining", "SubnetDraining"],
    ["Draining", "Active", undefined],
    ["Active", "Held", "SubnetHeld"],
    ["Draining", "Held", "SubnetHeld"],
    ["Held", "Active", "SubnetAdopted"],
    ["Held", "Held", undefined],
    ["Held", undefined, "SubnetReleased"],
    [undefined, "Held", "LossRepaired"],
  ];
  for (const [from, to, reason] of turns) {
    const reasons = eventsOf([turn(from, to)]).map((event) => event.reason);
    assert.deepEqual(reasons, reason === undefined ? [] : [reason, reason], `${from} to ${to}`);
  }
});

test("why a claim was made counts when it becomes Active in the same pass", () => {
  for (const [cause, reason] of [
    ["Repaired", "LossRepaired"],
    ["Adopted", "SubnetAdopted"],
    ["Added", "SubnetAssigned"],
    ["Assigned", "SubnetAssigned"],
  ] as const) {
    const events = eventsOf([turn(undefined, "Pending", cause), turn("Pending", "Active", "Assigned")]);
    assert.deepEqual(
      events.map((event) => event.reason),
      [reason, reason],
    );
  }
});

test("a loss and a podCIDR are told as such by whoever finds the claim Pending, though its maker died", () => {
  const bare = snapshot({ nodes: two, claims: two.map((owner, index) => claim(`10.244.${index}.0/24`, owner)) });
  const records = nodeNetworkSteps(bare, allocate(bare)).flatMap(({ want }) => (want === undefined ? [] : record(want)));
  const lost = claimSteps({ ...bare, claims: bare.claims.slice(1), records });
  const adopted = claimSteps(snapshot({ nodes: [node("node-1", { podCIDRs: ["10.244.9.0/24"] })] }));
  const found = [lost, adopted].map((steps) => told(steps.filter(({ op }) => op === "change")));
  assert.deepEqual(found, [
    [
      "PodNetwork/default LossRepaired: node-1 10.244.0.0/24: its claim vanished while the node uses it",
      "Node/node-1 LossRepaired: 10.244.0.0/24 of PodNetwork/default: its claim vanished while the node uses it",
    ],
    [
      "PodNetwork/default SubnetAdopted: node-1 10.244.9.0/24: it is the podCIDR of the Node",
      "Node/node-1 SubnetAdopted: 10.244.9.0/24 of PodNetwork/default: it is the podCIDR of the Node",
    ],
  ]);
});

/** The step by which a PodNetwork's status becomes another one. */
function statusStep(before: PodNetworkStatus | undefined, after: PodNetworkStatus): Step<unknown> {
  const have = podNetwork(before === undefined ? {} : { status: before });
  return { op: "change", kind: "PodNetwork status", key: "default", because: "", want: { ...have, status: after }, have };
}

function says(...conditions: readonly Condition[]): PodNetworkStatus {
  return { conditions: [...conditions] };
}

test("a network's ranges are told when they are accepted, and an overlap when it is found; repetition is no news", () => {
  const networks = [
    networkOf("old", ["10.0.0.0/8"]),
    networkOf("young", ["10.244.0.0/16"], { meta: { creationTimestamp: "2026-01-02T00:00:00Z" } }),
  ];
  const statuses = statusesOf(snapshot({ networks }));
  const step = (from: "bare" | "told") =>
    networks.map(({ name, object }): Step<unknown> => {
      const want = { ...object, status: statuses.get(name) };
      return { op: "change", kind: "PodNetwork status", key: name, because: "", want, have: from === "bare" ? object : want };
    });
  assert.deepEqual(told(step("bare")), [
    "PodNetwork/old RangeAccepted: 10.0.0.0/8",
    "PodNetwork/young OverlapRejected: 10.244.0.0/16 overlaps 10.0.0.0/8 of PodNetwork/old; change spec.ranges of one of the two",
  ]);
  assert.deepEqual(told(step("told")), []);
});

test("a condition is told when it comes to say something, not when it says it in other words, nor when Ready repeats it", () => {
  const full = (message: string) => condition("Allocated", "False", { reason: "RangeExhausted", message });
  const ready = condition("Ready", "False", { reason: "RangeExhausted", message: "m" });
  const allocated = condition("Allocated", "True", { reason: "Allocated" });
  assert.deepEqual(told([statusStep(says(allocated), says(full("node-9"), ready))]), [
    "PodNetwork/default RangeExhausted: node-9",
  ]);
  assert.deepEqual(told([statusStep(says(full("node-9")), says(full("node-9, node-10"), ready))]), []);
  assert.deepEqual(told([statusStep(says(full("node-9")), says(allocated))]), []);
  const low = condition("CapacityOK", "False", { reason: "CapacityLow", message: "3 of 256 left" });
  assert.deepEqual(told([statusStep(undefined, says(low))]), ["PodNetwork/default CapacityLow: 3 of 256 left"]);
});

test("each warning of a network's status has its Event", () => {
  for (const [type, status, reason, event] of [
    ["Allocated", "False", "AmbiguousSelection", "AmbiguousSelection"],
    ["PodCIDRNotAdopted", "True", "PodCIDRNotAdopted", "PodCIDRNotAdopted"],
    ["CapacityOK", "False", "RangeExhausted", "CapacityLow"],
    ["Reachable", "False", "PeersUnreachable", "PeersUnreachable"],
  ] as const) {
    const step = statusStep(undefined, says(condition(type, status, { reason, message: "m" })));
    assert.deepEqual(told([step]), [`PodNetwork/default ${event}: m`]);
  }
});

test("a ledger that begins to recover, and ends, is told on the ledger", () => {
  const ledger = (recovering: boolean) => ({
    metadata: { name: "cluster", uid: "u" },
    spec: recovering ? { recovery: { until: "2026-11-24T12:10:00Z", reason: "LedgerMissing" } } : {},
  });
  const step = (have: boolean, want: boolean): Step<unknown> => {
    return { op: "change", kind: "RangeLedger", key: "cluster", because: "", want: ledger(want), have: ledger(have) };
  };
  assert.deepEqual(told([step(false, true), step(true, true), step(true, false), step(false, false)]), [
    "RangeLedger/cluster RecoveryBarrier: LedgerMissing: nothing new is given until the agents have reported, or 2026-11-24T12:10:00Z",
    "RangeLedger/cluster RecoveryEnded: subnets are given again",
  ]);
});

test("every reason has the form of a Kubernetes reason", () => {
  for (const reason of Object.keys(eventReasons)) assert.match(reason, /^[A-Z][A-Za-z]{3,40}$/);
});
