import assert from "node:assert/strict";
import { test } from "node:test";
import { renderPrefix } from "../../lib/net/prefix.ts";
import { claim, network, networkOf, node, record, withLedger } from "../../test/support/plan-snapshot.ts";
import { type Allocation, allocate } from "./allocate.ts";
import { nodeNetworkSteps } from "./node-networks.ts";
import type { NodeFacts, NodeRecord, Snapshot } from "./snapshot.ts";

const story = network({ spec: { reserved: [{ cidr: "10.244.0.0/24", reason: "so that node N gets 10.244.N.0/24" }] } });
const dual = networkOf("default", ["10.244.0.0/16", "fd00:10:244::/48"]);

function snapshot(part: Partial<Snapshot>): Snapshot {
  return withLedger({ networks: [story], ...part });
}

/** e.g. `["node-1 10.244.1.0/24"]`. */
function given({ creates }: Allocation): string[] {
  return creates.map(({ node, prefix }) => `${node.name} ${renderPrefix(prefix)}`);
}

/** The NodeNetwork a node with these subnets would have been given. */
function recordOf(owner: NodeFacts, cidrs: readonly string[], of = story): NodeRecord {
  const claims = cidrs.map((cidr) => claim(cidr, owner, of));
  const view = snapshot({ networks: [of], nodes: [owner], claims });
  const [step] = nodeNetworkSteps(view, allocate(view));
  assert.ok(step?.want);
  return record(step.want);
}

test("in the story node N gets 10.244.N.0/24, in the order of their addresses", () => {
  const nodes = [node("node-3"), node("node-1"), node("node-2")];
  assert.deepEqual(given(allocate(snapshot({ nodes }))), [
    "node-1 10.244.1.0/24",
    "node-2 10.244.2.0/24",
    "node-3 10.244.3.0/24",
  ]);
});

test("nodes are served by InternalIP as a number, those without one last and by name", () => {
  const nodes = [
    node("b", { addresses: [] }),
    node("a", { addresses: [] }),
    node("ten", { addresses: ["192.168.1.10"] }),
    node("nine", { addresses: ["192.168.1.9"] }),
    node("six", { addresses: ["fd00::1"] }),
  ];
  assert.deepEqual(
    allocate(snapshot({ nodes })).creates.map(({ node }) => node.name),
    ["nine", "ten", "six", "a", "b"],
  );
});

test("a dual-stack network gives one subnet of each family", () => {
  assert.deepEqual(given(allocate(snapshot({ networks: [dual], nodes: [node("node-1")] }))), [
    "node-1 10.244.0.0/24",
    "node-1 fd00:10:244::/64",
  ]);
});

test("a node that has all it needs keeps it and gets nothing more", () => {
  const worker = node("node-1");
  const claims = [claim("10.244.9.0/24", worker)];
  const plan = allocate(snapshot({ nodes: [worker], claims }));
  assert.deepEqual([given(plan), plan.members[0]?.claims], [[], claims]);
});

test("a node keeps its claims when it is no longer selected, when they become reserved and when their range goes", () => {
  const worker = node("node-1");
  const claims = [claim("10.244.9.0/24", worker)];
  for (const spec of [
    { nodeSelector: { matchLabels: { pool: "other" } } },
    { reserved: [{ cidr: "10.244.8.0/22" }] },
    { ranges: [{ cidr: "10.200.0.0/16", nodePrefixLength: 24 }] },
  ]) {
    const plan = allocate(snapshot({ networks: [network({ spec })], nodes: [worker], claims }));
    assert.deepEqual([given(plan), plan.members[0]?.claims], [[], claims], JSON.stringify(spec));
  }
});

test("a node being deleted keeps what it has and gets nothing", () => {
  const meta = { deletionTimestamp: "2026-01-02T00:00:00Z" };
  const leaving = node("node-1", { meta });
  const claims = [claim("10.244.1.0/24", leaving)];
  const plan = allocate(snapshot({ networks: [dual], nodes: [leaving, node("node-2", { meta })], claims }));
  assert.deepEqual([given(plan), plan.members.map(({ claims }) => claims)], [[], [claims]]);
});

test("the claims of an earlier Node of the same name are not the new one's, and stay taken", () => {
  const earlier = node("node-1", { meta: { uid: "earlier" } });
  const plan = allocate(snapshot({ nodes: [node("node-1")], claims: [claim("10.244.1.0/24", earlier)] }));
  assert.deepEqual(given(plan), ["node-1 10.244.2.0/24"]);
});

test("claims of another length take every subnet they touch", () => {
  const gone = { name: "gone", uid: "gone" };
  const claims = [claim("10.244.0.0/22", node("node-8"), gone), claim("10.244.5.128/25", node("node-9"), gone)];
  assert.deepEqual(given(allocate({ ...snapshot({ nodes: [node("node-1"), node("node-2")] }), claims })), [
    "node-1 10.244.4.0/24",
    "node-2 10.244.6.0/24",
  ]);
});

test("when the first range of a family is full the next one gives", () => {
  const ranges = [
    { cidr: "10.1.0.0/24", nodePrefixLength: 25 },
    { cidr: "10.2.0.0/24", nodePrefixLength: 26 },
  ];
  const nodes = [node("node-1"), node("node-2"), node("node-3")];
  assert.deepEqual(given(allocate(snapshot({ networks: [network({ spec: { ranges } })], nodes }))), [
    "node-1 10.1.0.0/25",
    "node-2 10.1.0.128/25",
    "node-3 10.2.0.0/26",
  ]);
});

test("a full range fails the nodes that come too late, saying what is full and what to do", () => {
  const small = network({
    spec: { ranges: [{ cidr: "10.1.0.0/23", nodePrefixLength: 24 }], reserved: [{ cidr: "10.1.0.0/24" }] },
  });
  const plan = allocate(snapshot({ networks: [small], nodes: [node("node-1"), node("node-2")] }));
  assert.deepEqual(given(plan), ["node-1 10.1.1.0/24"]);
  assert.deepEqual(plan.failures, [
    {
      node: "node-2",
      networkUID: "uid-default",
      code: "RangeExhausted",
      message:
        "no IPv4 subnet is left for new nodes: 10.1.0.0/23 has 2 of length /24, 1 reserved; append a range to spec.ranges of PodNetwork/default",
      isVital: true,
    },
  ]);
});

test("a new node gets all families or none, a node with one family gets the other when there is room", () => {
  const spec = {
    ranges: [
      { cidr: "10.1.0.0/16", nodePrefixLength: 24 },
      { cidr: "fd00::/64", nodePrefixLength: 64 },
    ],
  };
  const nodes = [node("node-1"), node("node-2"), node("node-3")];
  const claims = [claim("10.1.7.0/24", nodes[2] ?? assert.fail())];
  const plan = allocate(snapshot({ networks: [network({ spec })], nodes, claims }));
  assert.deepEqual(given(plan), ["node-1 10.1.0.0/24", "node-1 fd00::/64"]);
  assert.deepEqual(
    plan.failures.map(({ node }) => node),
    ["node-2", "node-3"],
  );
  const [none, half] = plan.failures.map(({ message }) => message);
  const either = "no IPv4 subnet is given either, though there is room, since a new node gets one of every family or none";
  assert.match(half ?? "", /^no IPv6 subnet is left for new nodes: .*; append a range to spec\.ranges of PodNetwork\/default$/);
  assert.equal(none, `${half}; ${either}`, "what becomes of the other family is told, too");
  const without = (...cidrs: readonly string[]) => {
    const reserved = cidrs.map((cidr) => ({ cidr }));
    const networks = [network({ spec: { ...spec, reserved } })];
    return allocate(snapshot({ networks, nodes: nodes.slice(0, 1) })).failures.map(({ message }) => message);
  };
  assert.match(without("10.1.0.0/16")[0] ?? "", /^no IPv4 subnet is left .*; no IPv6 subnet is given either, though/);
  for (const message of without("10.1.0.0/16", "fd00::/64")) assert.doesNotMatch(message, /either/, "neither has room");
});

test("a new node gets nothing from a network that lost a range to another one", () => {
  const late = networkOf("late", ["10.244.0.0/16", "fd00:10:244::/48"], { meta: { creationTimestamp: "2026-01-01T00:00:01Z" } });
  const onlyLate = {
    ...late,
    object: { ...late.object, spec: { ...late.object.spec, nodeSelector: { matchLabels: { pool: "late" } } } },
  };
  const old = networkOf("old", ["10.244.0.0/16"], { spec: { nodeSelector: { matchLabels: { pool: "old" } } } });
  const plan = allocate(snapshot({ networks: [onlyLate, old], nodes: [node("node-1", { labels: { pool: "late" } })] }));
  assert.deepEqual(given(plan), []);
  assert.deepEqual(
    plan.failures.map(({ code, message }) => [code, message]),
    [
      [
        "RangeNotAccepted",
        "new nodes get nothing while a range is not accepted: 10.244.0.0/16 overlaps 10.244.0.0/16 of PodNetwork/old; change spec.ranges of one of the two",
      ],
    ],
  );
});

test("an unreadable network keeps its nodes and its ranges, gives nothing, and the others go on", () => {
  const readable = networkOf("broken", ["10.244.0.0/16"]);
  const [kept, fresh, third] = [node("node-1"), node("node-2"), node("node-3", { labels: { pool: "third" } })];
  const claims = [claim("10.244.0.0/24", kept, readable)];
  const before = snapshot({ networks: [readable], nodes: [kept], claims });
  const younger = { meta: { creationTimestamp: "2026-01-01T00:00:01Z" } };
  const waiting = networkOf("waiting", ["10.244.0.0/16"], younger);
  const spec = { nodeSelector: { matchLabels: { pool: "third" } }, priority: 1 };
  const networks = [networkOf("broken", ["10.244.0.1/16"]), waiting, networkOf("third", ["10.3.0.0/16"], { ...younger, spec })];
  const plan = allocate(withLedger({ ...before, networks, nodes: [kept, fresh, third] }));
  assert.deepEqual(given(plan), ["node-3 10.3.0.0/24"]);
  assert.deepEqual(
    plan.members.map(({ node, network, claims }) => [node.name, network.name, claims.length]),
    [
      ["node-1", "broken", 1],
      ["node-2", "waiting", 0],
      ["node-3", "third", 0],
    ],
  );
  assert.deepEqual(
    plan.failures.map(({ node, code }) => [node, code]),
    [["node-2", "RangeNotAccepted"]],
  );
});

test("a Terminating network serves the nodes it has and gives nothing new", () => {
  const leaving = networkOf("default", ["10.244.0.0/16", "fd00:10:244::/48"], {
    meta: { deletionTimestamp: "2026-01-02T00:00:00Z" },
  });
  const nodes = [node("node-1"), node("node-2")];
  const claims = [claim("10.244.1.0/24", nodes[0] ?? assert.fail())];
  const plan = allocate(snapshot({ networks: [leaving], nodes, claims }));
  assert.deepEqual([given(plan), plan.members.map(({ node }) => node.name)], [[], ["node-1"]]);
});

test("a claim that vanished while its node uses it is given again, to nobody else", () => {
  const worker = node("node-2");
  const plan = allocate(snapshot({ nodes: [node("node-1"), worker], records: [recordOf(worker, ["10.244.1.0/24"])] }));
  assert.deepEqual(given(plan), ["node-1 10.244.2.0/24", "node-2 10.244.1.0/24"]);
});

test("a vanished claim that somebody else took meanwhile is replaced by another one", () => {
  const worker = node("node-2");
  const claims = [claim("10.244.1.0/24", node("node-1"))];
  const plan = allocate(snapshot({ nodes: [node("node-1"), worker], claims, records: [recordOf(worker, ["10.244.1.0/24"])] }));
  assert.deepEqual(given(plan), ["node-2 10.244.2.0/24"]);
});

test("of two claims left by two operators the node uses the one its NodeNetwork names; without one, the lowest", () => {
  const worker = node("node-1");
  const claims = [claim("10.244.2.0/24", worker), claim("10.244.1.0/24", worker)];
  const [low, high] = claims.toReversed();
  const undecided = allocate(snapshot({ nodes: [worker], claims })).members[0];
  assert.deepEqual([undecided?.claims, undecided?.surplus], [[low], []]);
  const decided = allocate(snapshot({ nodes: [worker], claims, records: [recordOf(worker, ["10.244.2.0/24"])] })).members[0];
  assert.deepEqual([decided?.claims, decided?.surplus], [[high], [low]]);
});

test("a node with claims of two networks stays with the one its NodeNetwork names, else with the older", () => {
  const a = networkOf("a", ["10.1.0.0/16"]);
  const b = networkOf("b", ["10.2.0.0/16"]);
  const worker = node("node-1");
  const claims = [claim("10.1.0.0/24", worker, a), claim("10.2.0.0/24", worker, b)];
  const view = snapshot({ networks: [a, b], nodes: [worker], claims });
  assert.deepEqual(
    allocate(view).members.map(({ network, surplus }) => [network.name, surplus]),
    [["a", []]],
  );
  const decided = allocate({ ...view, records: [recordOf(worker, ["10.2.0.0/24"], b)] });
  assert.deepEqual(
    decided.members.map(({ network, surplus }) => [network.name, surplus]),
    [["b", claims.slice(0, 1)]],
  );
});
