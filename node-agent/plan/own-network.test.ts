import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeNetworkSpec } from "../../crds/types.ts";
import { renderPrefix } from "../../lib/net/prefix.ts";
import { active, dualSpec, ownNetwork, ownSpec } from "../../test/support/node-view.ts";
import { familiesOf, isProblems, namedSubnets, parseOwnNetwork } from "./own-network.ts";

const { cni } = ownSpec();

/** What is wrong → the spec, and the path of the problem. */
const refused: Readonly<Record<string, readonly [spec: Partial<NodeNetworkSpec>, path: string, code: string]>> = {
  "a subnet that is not canonical": [{ subnets: active("10.244.1.1/24") }, "spec.subnets[0].cidr", "NotCanonical"],
  "a subnet that is no prefix": [{ subnets: active("all of it") }, "spec.subnets[0].cidr", "NotAPrefix"],
  "a subnet without an address for a pod": [{ subnets: active("10.244.1.0/31") }, "spec.subnets[0].cidr", "TooSmall"],
  "subnets that overlap": [{ subnets: active("10.244.0.0/20", "10.244.1.0/24") }, "spec.subnets[1].cidr", "Overlap"],
  "more subnets than any node has": [
    { subnets: active(...Array.from({ length: 33 }, (_, index) => `10.244.${index}.0/24`)) },
    "spec.subnets",
    "TooMany",
  ],
  "a range that is no prefix": [{ podRanges: ["10.244.0.0/16", ""] }, "spec.podRanges[1]", "NotAPrefix"],
  "an address that is none": [{ nodeAddresses: ["node-1"] }, "spec.nodeAddresses[0]", "NotAnAddress"],
  "a bridge that is an option": [{ cni: { ...cni, bridge: "-batch" } }, "spec.cni.bridge", "BadName"],
  "a bridge that is a path": [{ cni: { ...cni, bridge: "../all" } }, "spec.cni.bridge", "BadName"],
  "a bridge that is a tunnel of ours": [{ cni: { ...cni, bridge: "podnet-vxlan4" } }, "spec.cni.bridge", "BadName"],
  "a bridge that is a link of ours half made": [{ cni: { ...cni, bridge: "podnet-new" } }, "spec.cni.bridge", "BadName"],
  "a bridge of 16 characters": [{ cni: { ...cni, bridge: "a".repeat(16) } }, "spec.cni.bridge", "BadName"],
  "a file outside the folder": [{ cni: { ...cni, confName: "../../10-podnet.conflist" } }, "spec.cni.confName", "BadName"],
  "a file that no runtime reads": [{ cni: { ...cni, confName: "10-podnet.txt" } }, "spec.cni.confName", "BadName"],
};

for (const [what, [part, path, code]] of Object.entries(refused)) {
  test(`${what} is refused by its path`, () => {
    const problems = parseOwnNetwork(ownSpec(part));
    assert.ok(isProblems(problems));
    assert.deepEqual(
      problems.map((problem) => [problem.path, problem.code]),
      [[path, code]],
    );
    assert.ok(problems.every(({ message }) => message.startsWith(`${path}: `)));
  });
}

test("everything wrong is named at once", () => {
  const problems = parseOwnNetwork(ownSpec({ subnets: active("x"), podRanges: ["y"], nodeAddresses: ["z"] }));
  assert.ok(isProblems(problems));
  assert.deepEqual(
    problems.map(({ path }) => path),
    ["spec.subnets[0].cidr", "spec.podRanges[0]", "spec.nodeAddresses[0]"],
  );
});

test("a good spec is read as values", () => {
  const own = ownNetwork(dualSpec({ mtu: { mode: "Fixed", value: 1400 } }));
  assert.deepEqual(own.subnets.map(renderPrefix), ["10.244.1.0/24", "fd00:10:244:1::/64"]);
  assert.deepEqual(own.open, own.subnets);
  assert.equal(own.fixedMtu, 1400);
  assert.equal(own.bridge, "cni0");
});

test("a draining subnet is served and not open", () => {
  const spec = ownSpec({ subnets: [{ cidr: "10.244.1.0/24", state: "Draining" }, ...active("10.244.9.0/24")] });
  const own = ownNetwork(spec);
  assert.deepEqual(
    [own.subnets.map(renderPrefix), own.open.map(renderPrefix)],
    [["10.244.1.0/24", "10.244.9.0/24"], ["10.244.9.0/24"]],
  );
  assert.deepEqual(
    namedSubnets(spec, own).map(({ state }) => state),
    ["Draining", "Active"],
  );
});

test("the families in use are those of any subnet or range", () => {
  assert.deepEqual(familiesOf(ownNetwork()), [4]);
  assert.deepEqual(familiesOf(ownNetwork(dualSpec())), [4, 6]);
  assert.deepEqual(familiesOf(ownNetwork(ownSpec({ podRanges: ["10.244.0.0/16", "fd00::/48"] }))), [4, 6]);
});
