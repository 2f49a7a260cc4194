import assert from "node:assert/strict";
import { test } from "node:test";
import { apiVersion } from "../../crds/names.ts";
import type { NodeNetwork } from "../../crds/types.ts";
import { ownSpec } from "../../test/support/node-view.ts";
import { addressedTo } from "./addressee.ts";

const own = (machineID?: string): NodeNetwork => {
  const spec = ownSpec(machineID === undefined ? {} : { machineID });
  return { apiVersion, kind: "NodeNetwork", metadata: { name: "node-1" }, spec };
};
const here = { machineID: "m1", bootID: "b1" };

test("a NodeNetwork of this machine counts, and so does one that names none, or that is read on a machine without an id", () => {
  for (const [identity, named] of [
    [here, "m1"],
    [here, undefined],
    [{ ...here, machineID: undefined }, "m2"],
  ] as const) {
    const view = { own: own(named), claims: [] };
    assert.deepEqual(addressedTo(identity, view), { view, problem: undefined });
  }
  assert.deepEqual(addressedTo(here, undefined), { view: undefined, problem: undefined });
});

test("a NodeNetwork of another machine tells this one nothing, and people why", () => {
  const { view, problem } = addressedTo(here, { own: own("m2"), claims: [] });
  assert.deepEqual(view, { own: undefined, claims: [] });
  assert.equal(problem?.code, "OtherMachine");
  assert.match(problem?.message ?? "", /for machine m2, and this is m1 .*two machines must not have the same node name/);
});
