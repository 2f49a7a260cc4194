import assert from "node:assert/strict";
import { test } from "node:test";
import { renderIssue } from "../../crds/issue.ts";
import type { NodeNetwork, NodeNetworkStatus, NodeSubnet } from "../../crds/types.ts";
import { claimOf, nodeNetworkOf } from "../../test/support/network-sample.ts";
import { type Condemned, deletionIssues } from "./review-deletion.ts";

const nowMs = Date.UTC(2026, 10, 24, 12);
const lately = "2026-11-24T11:59:00Z";
const condemned: Condemned = { name: "default", uid: "uid-default", confirmation: undefined };
const claims = [claimOf("node-1", "10.244.1.0/24"), claimOf("node-2", "10.244.2.0/24")];

/** node-N reports so many leases in 10.244.N.0/24. */
function report(n: number, leases: number, part: NodeNetworkStatus = {}): NodeNetwork {
  const subnets = [{ cidr: `10.244.${n}.0/24`, leases, free: 253 - leases }];
  return nodeNetworkOf(`node-${n}`, { configGeneration: 1, observedAt: lately, subnets, ...part });
}

function verdict(
  records: readonly NodeNetwork[],
  own: readonly NodeSubnet[] = claims,
  who: Partial<Condemned> = {},
  heartbeatSeconds = 60,
): string[] {
  return deletionIssues({ ...condemned, ...who }, { claims: own, records, nowMs, heartbeatSeconds }).map(renderIssue);
}

test("a network with pods is not deleted; the message names nodes, most pods first, and how to confirm", () => {
  assert.deepEqual(verdict([report(1, 1), report(2, 12)]), [
    "metadata.annotations[podnet.dev/confirm-delete]: PodNetwork/default is in use; 2 nodes have pods in it: node-2 (12 pods), node-1 (1 pod); remove the pods first, or confirm that they may lose their network: kubectl annotate --overwrite podnetwork default podnet.dev/confirm-delete=default",
  ]);
});

test("a network without pods is deleted, and one without claims", () => {
  assert.deepEqual(verdict([report(1, 0), report(2, 0)]), []);
  assert.deepEqual(verdict([], []), []);
  assert.deepEqual(verdict([], [claimOf("node-1", "10.244.1.0/24", { state: "Pending" })]), []);
});

test("the name of the network confirms, another value does not, and the message says which does", () => {
  const records = [report(1, 1), report(2, 0)];
  assert.deepEqual(verdict(records, claims, { confirmation: "default" }), []);
  for (const confirmation of ["defalt", "true", "", "Default"])
    assert.match(
      verdict(records, claims, { confirmation })[0] ?? "",
      new RegExp(`"${confirmation}" does not confirm it; the value must be default;`),
    );
  assert.deepEqual(verdict([report(1, 0), report(2, 0)], claims, { confirmation: "wrong" }), []);
});

test("a node that has not said lately what it has may have pods", () => {
  const unknown = (two: readonly NodeNetwork[]) => verdict([report(1, 0), ...two])[0] ?? "";
  const words = /1 node has not said lately whether any pod is in it: node-2;/;
  assert.match(unknown([]), words);
  assert.match(unknown([nodeNetworkOf("node-2")]), words);
  assert.match(unknown([report(2, 0, { observedAt: "2026-11-24T11:56:00Z" })]), words);
  assert.match(unknown([report(2, 0, { configGeneration: 0, subnets: [] })]), words);
  assert.equal(unknown([report(2, 0, { observedAt: "2026-11-24T11:57:00Z" })]), "");
  assert.equal(unknown([report(2, 0, { configGeneration: 0 })]), "");
  assert.equal(unknown([report(2, 0, { subnets: [] })]), "");
});

test("agents that were told to speak more rarely are given as long", () => {
  const own = [1, 2].map((n) => report(n, 0, { observedAt: "2026-11-24T11:30:00Z" }));
  assert.match(verdict(own)[0] ?? "", /2 nodes have not said lately/);
  assert.deepEqual(verdict(own, claims, {}, 600), []);
  assert.match(verdict(own, claims, {}, 400)[0] ?? "", /2 nodes have not said lately/);
});

test("a large cluster's agents are heard of more rarely", () => {
  const old = "2026-11-24T11:50:00Z";
  const many = Array.from({ length: 4000 }, (_, index) => nodeNetworkOf(`other-${index}`));
  const others = many.map((record) => ({ ...record, spec: { ...record.spec, network: "other", networkUID: "uid-other" } }));
  const own = [report(1, 0, { observedAt: old }), report(2, 0, { observedAt: old })];
  assert.equal(verdict(own).length, 1);
  assert.deepEqual(verdict([...own, ...others]), []);
});

test("a silent node's pods count as it last reported them", () => {
  assert.match(verdict([report(1, 0), report(2, 5, { observedAt: "2026-11-20T00:00:00Z" })])[0] ?? "", /node-2 \(5 pods\)/);
});

test("a node that is gone and rests is not waited for, but the pods that its machine still reports count", () => {
  const held = [claimOf("node-1", "10.244.1.0/24", { state: "Held", heldAt: lately })];
  assert.deepEqual(verdict([], held), []);
  assert.deepEqual(verdict([report(1, 0)], held), []);
  assert.match(verdict([report(1, 4)], held)[0] ?? "", /node-1 \(4 pods\)/);
});

test("pods count where the claims are lost, and after a restore gave the network another uid", () => {
  assert.match(verdict([report(1, 4)], [])[0] ?? "", /node-1 \(4 pods\)/);
  assert.match(verdict([report(1, 4), report(2, 0)], claims, { uid: "uid-restored" })[0] ?? "", /node-1 \(4 pods\)/);
});

test("another network's nodes and pods do not count", () => {
  const other = { network: "other", networkUID: "uid-other" };
  const record = report(1, 4);
  const foreign = { ...record, spec: { ...record.spec, ...other } };
  assert.deepEqual(verdict([foreign], [claimOf("node-1", "10.244.1.0/24", other)]), []);
});

test("more than ten nodes are counted", () => {
  const numbers = Array.from({ length: 13 }, (_, index) => index + 1);
  const message =
    verdict(
      numbers.map((n) => report(n, n)),
      numbers.map((n) => claimOf(`node-${n}`, `10.244.${n}.0/24`)),
    )[0] ?? "";
  assert.match(message, /13 nodes have pods in it: node-13 \(13 pods\), .*node-4 \(4 pods\) and 3 more;/);
});
