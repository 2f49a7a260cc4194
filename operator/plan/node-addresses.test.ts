import assert from "node:assert/strict";
import { test } from "node:test";
import { renderPrefix } from "../../lib/net/prefix.ts";
import { claim, ledger, networkOf, node, withLedger } from "../../test/support/plan-snapshot.ts";
import { statusOf, told } from "../../test/support/status-world.ts";
import { allocate } from "./allocate.ts";
import { ledgerStep } from "./recovery.ts";
import { standingEvents } from "./standing-events.ts";

const network = networkOf("default", ["10.244.0.0/22"]);
/** Its address lies in the second of four subnets. */
const within = node("node-1", { addresses: ["10.244.1.7"] });
const remedy =
  "no other node routes to such a subnet, since the node with that address could not be reached; give that Node another address, or append a range and drain this one (state: Draining)";

function given(...[world]: Parameters<typeof withLedger>): string[] {
  return allocate(withLedger(world)).creates.map(({ node, prefix }) => `${node.name} ${renderPrefix(prefix)}`);
}

test("a subnet with a node's address in it is given to nobody, and counts as reserved", () => {
  const nodes = [within, node("node-2"), node("node-3"), node("node-4"), node("node-5", { external: ["10.244.3.9"] })];
  assert.deepEqual(given({ networks: [network], nodes }), ["node-1 10.244.0.0/24", "node-2 10.244.2.0/24"]);
  const status = statusOf(withLedger({ networks: [network], nodes }));
  const [range] = status.ranges ?? [];
  assert.deepEqual([range?.total, range?.reserved, range?.free], [4, 2, 2]);
  assert.equal(status.capacity?.nodesUntilExhaustion, 2);
  assert.match(told(status, "Allocated"), /10\.244\.0\.0\/22 has 4 of length \/24, 2 reserved/);
});

test("nor is it set aside for a node, or adopted, and both say so", () => {
  const spec = { staticSubnets: [{ node: "node-2", cidr: "10.244.1.0/24" }] };
  const fixed = networkOf("default", ["10.244.0.0/22"], { spec });
  const world = withLedger({ networks: [fixed], nodes: [within, node("node-2")] });
  assert.deepEqual(
    allocate(world).failures.map(({ node, code }) => `${node} ${code}`),
    ["node-2 StaticSubnetTaken"],
  );
  const adopting = node("node-2", { podCIDRs: ["10.244.1.0/24"] });
  const nodes = [within, adopting];
  assert.deepEqual(given({ networks: [network], nodes }), ["node-1 10.244.0.0/24", "node-2 10.244.2.0/24"]);
  const claims = [claim("10.244.2.0/24", adopting)];
  assert.match(
    told(statusOf(withLedger({ networks: [network], nodes, claims })), "PodCIDRNotAdopted"),
    /node-2 \(10\.244\.1\.0\/24: an address of Node node-1 lies in it\)/,
  );
});

test("a node that comes with an address in somebody's subnet takes it from nobody; the network and the Node say so", () => {
  const owner = node("node-2");
  const claims = [claim("10.244.1.0/24", owner), claim("10.244.0.0/24", within)];
  const world = withLedger({ networks: [network], nodes: [within, owner], claims });
  assert.deepEqual(allocate(world).creates, []);
  const status = statusOf(world);
  assert.equal(told(status, "Accepted").slice(0, 22), "Accepted True/Accepted");
  assert.equal(
    told(status, "NodeAddressConflict"),
    `NodeAddressConflict True/NodeAddressConflict: nodes have addresses in subnets of this network: node-1 (10.244.1.7 in 10.244.1.0/24 of node-2); ${remedy}`,
  );
  assert.deepEqual(standingEvents(world, allocate(world)), [
    {
      regarding: { apiVersion: "v1", kind: "Node", name: "node-1", uid: "uid-node-1" },
      reason: "NodeAddressConflict",
      about: "10.244.1.7/32 in 10.244.1.0/24",
      note: `its address lies in a subnet: 10.244.1.7 in 10.244.1.0/24 of node-2; ${remedy}`,
    },
  ]);
});

test("nothing is said of an address beside all subnets, nor of a Pending claim, which may yet go", () => {
  const claims = [claim("10.244.1.0/24", node("node-2"), network, { state: "Pending" }), claim("10.244.0.0/24", within)];
  const world = withLedger({ networks: [network], nodes: [within], claims });
  assert.equal(told(statusOf(world), "NodeAddressConflict"), "");
  assert.deepEqual(standingEvents(world, allocate(world)), []);
});

test("a range with nothing but a node's address in it closes and goes like any other", () => {
  const world = { ...withLedger({ networks: [network], nodes: [within] }), networks: [] };
  const input = { nowMs: 0, newIncarnation: "other", recoverySeconds: 60, heartbeatSeconds: 60, wentBack: false };
  const closing = ledgerStep(world, input)?.step.want?.spec ?? assert.fail();
  assert.deepEqual(
    closing.entries.map(({ state }) => state),
    ["Closing"],
  );
  assert.deepEqual(ledgerStep({ ...world, ledger: ledger(closing) }, input)?.step.want?.spec.entries, []);
});
