import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../lib/reconcile/explain.ts";
import { renderPrefix } from "../../lib/net/prefix.ts";
import { bornAt, claim, ledger, networkOf, node, record, withLedger } from "../../test/support/plan-snapshot.ts";
import { allocate } from "./allocate.ts";
import { nodeNetworkSteps } from "./node-networks.ts";
import type { Snapshot } from "./snapshot.ts";

const dual = networkOf("default", ["10.244.0.0/16", "fd00:10:244::/48"]);
const worker = node("node-1", { addresses: ["192.168.1.11", "192.168.1.12", "fd00::11"] });
const both = [claim("10.244.1.0/24", worker), claim("fd00:10:244:1::/64", worker)];
const whole = { networks: [dual], nodes: [worker], claims: both };

function steps(part: Partial<Snapshot> = {}) {
  const snapshot = withLedger({ ...whole, ...part });
  return nodeNetworkSteps(snapshot, allocate(snapshot));
}

function written(part: Partial<Snapshot> = {}) {
  return steps(part)[0]?.want ?? assert.fail("no NodeNetwork is written");
}

test("a node with all its subnets is told everything its agent needs", () => {
  assert.deepEqual(written(), {
    apiVersion: "podnet.dev/v1alpha1",
    kind: "NodeNetwork",
    metadata: { name: "node-1" },
    spec: {
      configGeneration: 1,
      incarnation: "first",
      nodeUID: "uid-node-1",
      network: "default",
      networkUID: "uid-default",
      subnets: [
        { cidr: "10.244.1.0/24", state: "Active" },
        { cidr: "fd00:10:244:1::/64", state: "Active" },
      ],
      growth: { addBelowFreeIPs: 16 },
      nodeAddresses: ["192.168.1.11", "fd00::11"],
      podRanges: ["10.244.0.0/16", "fd00:10:244::/48"],
      mtu: { mode: "Auto" },
      masquerade: { enabled: true },
      cni: { confName: "10-podnet.conflist", bridge: "cni0", hairpin: true, portMap: true },
    },
  });
});

test("a node with half of its subnets is not told to begin", () => {
  assert.deepEqual(steps({ claims: both.slice(0, 1) }), []);
});

test("a node that serves already goes on with half of its subnets, and takes the other half when it is there", () => {
  const single = networkOf("default", ["10.244.0.0/16"]);
  const before = record(written({ networks: [single], claims: both.slice(0, 1) }));
  assert.equal(
    explain(steps({ claims: both.slice(0, 1), records: [before] })),
    "~ NodeNetwork node-1: podRanges: 10.244.0.0/16, wanted 10.244.0.0/16, fd00:10:244::/48\n",
  );
  assert.equal(
    explain(steps({ records: [before] })),
    "~ NodeNetwork node-1: subnets: 10.244.1.0/24, wanted 10.244.1.0/24, fd00:10:244:1::/64\n",
  );
});

test("a node is not told of a subnet whose claim is Pending, since that may yet go to nobody", () => {
  const [first = assert.fail("no claim"), second = assert.fail("no claim")] = both;
  const pending = claim(renderPrefix(second.prefix), worker, undefined, { state: "Pending", epoch: 2 });
  const before = record(written({ networks: [networkOf("default", ["10.244.0.0/16"])], claims: [first] }));
  assert.deepEqual(written({ claims: [first, pending], records: [before] }).spec.subnets, [
    { cidr: "10.244.1.0/24", state: "Active" },
  ]);
});

test("what is as wanted is not written, whatever its configGeneration", () => {
  const first = written();
  assert.deepEqual(steps({ records: [record({ ...first, spec: { ...first.spec, configGeneration: 41 } })] }), []);
});

test("each change of a setting raises configGeneration by one, on condition of the object as it was read", () => {
  const before = record(written(), { resourceVersion: "77" });
  for (const [spec, because] of [
    [{ mtu: { mode: "Fixed" as const, value: 1400 } }, "mtu: Auto, wanted Fixed 1400"],
    [{ masquerade: { enabled: false } }, "masquerade: enabled, wanted disabled"],
    [
      { masquerade: { enabled: true, exclude: ["10.0.0.0/8"] as string[] } },
      "masquerade: enabled, wanted enabled, but not to 10.0.0.0/8",
    ],
    [
      { routing: { ...dual.object.spec.routing, mode: "VXLAN" as const } },
      "routing: Direct, wanted VXLAN to OtherSubnets, port 4789",
    ],
    [
      { cni: { ...dual.object.spec.cni, hairpin: false } },
      "cni: 10-podnet.conflist, bridge cni0, hairpin true, portMap true, wanted 10-podnet.conflist, bridge cni0, hairpin false, portMap true",
    ],
  ] as const) {
    const [step] = steps({
      networks: [networkOf("default", ["10.244.0.0/16", "fd00:10:244::/48"], { spec })],
      records: [before],
    });
    assert.equal(step?.because, because);
    assert.equal(step?.want?.spec.configGeneration, 2);
    assert.deepEqual(step?.have, before.object);
  }
});

test("an accepted range of another network is among the podRanges, a refused one is not", () => {
  const later = { meta: { creationTimestamp: "2026-01-01T00:00:01Z" } };
  const networks = [dual, networkOf("other", ["10.3.0.0/16"], later), networkOf("refused", ["10.0.0.0/8"], later)];
  assert.deepEqual(written({ networks }).spec.podRanges, ["10.3.0.0/16", "10.244.0.0/16", "fd00:10:244::/48"]);
});

test("subnets still in use outside of every range are among the podRanges, so that their pods are not masqueraded", () => {
  const networks = [networkOf("default", ["10.9.0.0/16", "fd00:10:244::/48"])];
  assert.deepEqual(written({ networks }).spec.podRanges, ["10.9.0.0/16", "10.244.1.0/24", "fd00:10:244::/48"]);
});

test("a node of an unreadable network is left as it is", () => {
  const before = record(written());
  assert.deepEqual(steps({ networks: [networkOf("default", ["10.244.0.1/16"])], records: [before] }), []);
});

test("a new Node of an old name takes over the NodeNetwork once it has its own subnets", () => {
  const earlier = node("node-1", { meta: { uid: "earlier" } });
  const before = record(
    written({ nodes: [earlier], claims: [claim("10.244.9.0/24", earlier), claim("fd00:10:244:9::/64", earlier)] }),
  );
  assert.deepEqual(steps({ claims: [], records: [before] }), []);
  const taken = written({ records: [before] }).spec;
  assert.deepEqual([taken.nodeUID, taken.subnets[0]?.cidr, taken.configGeneration], ["uid-node-1", "10.244.1.0/24", 2]);
});

test("a subnet whose claim vanished stays named while it is claimed again", () => {
  assert.deepEqual(steps({ claims: both.slice(0, 1), records: [record(written())] }), []);
});

test("a NodeNetwork that is to say nothing new tells the ledger's incarnation all the same, so that its agent's word counts", () => {
  const told = record(written());
  const resting = both.map(({ prefix }) =>
    claim(renderPrefix(prefix), worker, undefined, { state: "Held", heldAt: bornAt, releaseSequence: 1 }),
  );
  const closed = networkOf("default", ["10.244.0.0/16", "fd00:10:244::/48"], {
    meta: { deletionTimestamp: "2026-01-02T00:00:00Z", finalizers: ["example.com/hold"] },
  });
  const later = ledger({ incarnation: "second", epoch: 9 });
  for (const part of [
    { networks: [closed], claims: resting },
    { networks: [], claims: [] },
    { nodes: [], claims: [] },
  ]) {
    const snapshot = { ...withLedger(whole), ...part, ledger: later, records: [told] };
    const [step, ...more] = nodeNetworkSteps(snapshot, allocate(snapshot));
    assert.deepEqual(more, []);
    assert.deepEqual(step?.want?.spec, { ...told.object.spec, incarnation: "second", configGeneration: 2 });
  }
});
