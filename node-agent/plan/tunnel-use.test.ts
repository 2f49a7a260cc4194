import assert from "node:assert/strict";
import { test } from "node:test";
import { claimsOf, dualClaims, dualSpec, nodeFacts, ownNetwork } from "../../test/support/node-view.ts";
import { planNode } from "./node-state.ts";
import { lookAtTunnels, momentEndsInMs, tunnelMoment, type TunnelUse } from "./tunnel-use.ts";

const routing = { mode: "VXLAN", tunnelTo: "AllPeers", port: 5000 } as const;
const direct = ownNetwork(dualSpec());
const tunnelled = ownNetwork(dualSpec({ routing }));
const claims = claimsOf([1, 2].flatMap(dualClaims));
const ports = { own: 5000, common: 5000 };
const hour = 3_600_000;

/** What is known after looks at these times, and how it goes on by time alone. */
function after(...looks: readonly (readonly [own: typeof direct, nowMs: number])[]) {
  let use: TunnelUse | undefined;
  for (const [own, nowMs] of looks) use = lookAtTunnels(use, own, claims, nowMs);
  assert.ok(use !== undefined);
  const nowMs = looks.at(-1)?.[1] ?? 0;
  return { use, ...tunnelMoment(use, nowMs), endsInMs: momentEndsInMs(use, nowMs) };
}

const settled = { isFresh: false, lingering: undefined, endsInMs: undefined };
const lingering = (endsInMs: number) => ({ isFresh: false, lingering: ports, endsInMs });

for (const [what, looks, moment] of [
  ["what is asked for at the first look was asked for before", [[tunnelled, 0]], settled],
  [
    "tunnels that are asked for anew are fresh for two seconds",
    [
      [direct, 0],
      [tunnelled, hour],
    ],
    { isFresh: true, lingering: undefined, endsInMs: 2_000 },
  ],
  [
    "and then no longer",
    [
      [direct, 0],
      [tunnelled, hour],
      [tunnelled, hour + 2_000],
    ],
    settled,
  ],
  [
    "they stay for ten seconds after the first look at which nobody asks for them, however long ago the look before was",
    [
      [tunnelled, 0],
      [direct, hour],
    ],
    lingering(10_000),
  ],
  [
    "which do not begin anew with another look",
    [
      [tunnelled, 0],
      [direct, hour],
      [direct, hour + 9_999],
    ],
    lingering(1),
  ],
  [
    "and then they go",
    [
      [tunnelled, 0],
      [direct, hour],
      [direct, hour + 10_000],
    ],
    settled,
  ],
  [
    "asked for again while they linger they are fresh, since other nodes may have taken theirs away",
    [
      [tunnelled, 0],
      [direct, hour],
      [tunnelled, hour + 9_000],
    ],
    { isFresh: true, lingering: undefined, endsInMs: 2_000 },
  ],
] as const)
  test(what, () => {
    const { use, ...seen } = after(...looks);
    assert.deepEqual(seen, moment, use.state);
  });

const facts = nodeFacts(["192.168.1.12", "fd00:192:168:1::12"]);

function kernelOf(...[own, moment]: [own: typeof direct, moment?: ReturnType<typeof tunnelMoment>]) {
  const said = claims.map((claim) => (own.tunnel === undefined ? claim : { ...claim, tunnel: own.tunnel }));
  const plan = planNode("node-1", own, said, facts, moment);
  return "kernel" in plan ? plan.kernel : assert.fail(plan.message);
}

test("lingering tunnels are those there were, with all that receives by them, and nothing is sent into them", () => {
  const [asked, plain] = [kernelOf(tunnelled), kernelOf(direct)];
  const kernel = kernelOf(direct, { isFresh: false, lingering: ports });
  assert.deepEqual(kernel.links.slice(1), asked.links.slice(1));
  for (const part of ["addresses", "sysctls", "tables"] as const) assert.deepEqual(kernel[part], asked[part], part);
  for (const part of ["routes", "neighbors", "fdb"] as const) assert.deepEqual(kernel[part], plain[part], part);
});

test("fresh tunnels are all there, and nothing is sent into them that can go straight", () => {
  const [asked, plain] = [kernelOf(tunnelled), kernelOf(direct)];
  const kernel = kernelOf(tunnelled, { isFresh: true, lingering: undefined });
  for (const part of ["links", "addresses", "sysctls", "tables"] as const) assert.deepEqual(kernel[part], asked[part], part);
  assert.deepEqual(kernel.routes, plain.routes);
  const far = planNode("node-1", tunnelled, claims, nodeFacts([]), { isFresh: true, lingering: undefined });
  assert.deepEqual(
    "kernel" in far && far.peers.map(({ path }) => "code" in path),
    [true, true],
    "no way at all is none by tunnel either",
  );
});
