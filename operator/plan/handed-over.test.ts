import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeNetwork, NodeNetworkStatus } from "../../crds/types.ts";
import type { Step } from "../../lib/reconcile/kind.ts";
import { claim, network, node } from "../../test/support/plan-snapshot.ts";
import { isPrefixProblem, parsePrefix } from "../../lib/net/prefix.ts";
import { planWorld } from "../../test/support/plan-world.ts";
import { handedOver, readyToTell } from "./handed-over.ts";

const world = planWorld({ networks: [network()], nodes: [node("node-1", { machineID: "old" })] });
world.pass();
const { object: first } = world.now().records[0] ?? assert.fail();
const { nodeUID, machineID, subnets } = first.spec;
const { cidr } = subnets[0] ?? assert.fail();
const status: NodeNetworkStatus = {
  nodeUID,
  ...(machineID !== undefined && { machineID }),
  subnets: [{ cidr: "10.244.7.0/24", leases: 1, free: 1 }],
};
const had: NodeNetwork = { ...first, status };

/** The claims that begin their rest anew where the NodeNetwork becomes that of this Node and machine. */
function renewed(spec: Partial<NodeNetwork["spec"]>, have: NodeNetwork = had): string[] {
  const step: Step<NodeNetwork> = {
    op: "change",
    kind: "NodeNetwork",
    key: "node-1",
    because: "",
    want: { ...first, spec: { ...first.spec, ...spec } },
    have,
  };
  const earlier = node("node-1", { meta: { uid: nodeUID } });
  const resting = [cidr, "10.244.7.0/24", "10.244.8.0/24"].map((one) => claim(one, earlier, undefined, { state: "Held" }));
  return handedOver({ claims: [...resting, claim("10.244.9.0/24", earlier)] }, [step]).map(({ object }) => object.spec.cidr);
}

test("where another machine takes over a NodeNetwork, what the earlier one was told or said that it has rests anew", () => {
  assert.deepEqual(renewed({ nodeUID: "another", machineID: "new" }), [cidr, "10.244.7.0/24"]);
});

test("where it stays with its machine or its Node nothing does, since that goes on saying what it has", () => {
  assert.deepEqual(renewed({ nodeUID: "another" }), []);
  assert.deepEqual(renewed({ configGeneration: 9 }), []);
});

test("of a machine that is not known it may be another", () => {
  const { machineID: _, ...spec } = had.spec;
  assert.deepEqual(renewed({ nodeUID: "another" }, { ...had, spec }), [cidr, "10.244.7.0/24"]);
});

test("a NodeNetwork stays with a Node that has what no claim stands for, until that claim is back, be another one of the same machine", () => {
  const step = (spec: Partial<NodeNetwork["spec"]>): Step<NodeNetwork> => ({
    op: "change",
    kind: "NodeNetwork",
    key: "node-1",
    because: "",
    want: { ...first, spec: { ...first.spec, ...spec } },
    have: had,
  });
  const entry = world.now().ledger?.entries[0] ?? assert.fail();
  const prefix = parsePrefix("10.244.7.0/24");
  assert.ok(!isPrefixProblem(prefix));
  const lost = { prefix, node: "node-1", nodeUID, entry, incarnation: "first" };
  const [over, same] = [step({ nodeUID: "another", machineID: "new" }), step({ configGeneration: 9 })];
  const anew = step({ nodeUID: "another" });
  for (const gone of [over, anew])
    assert.deepEqual(
      readyToTell([gone, same], () => [lost]),
      [same],
    );
  assert.deepEqual(
    readyToTell([over, same], () => [{ ...lost, nodeUID: "someone" }]),
    [over, same],
  );
});
