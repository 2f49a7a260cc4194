import assert from "node:assert/strict";
import { test } from "node:test";
import { renderConflist } from "../../cni/plan/conflist.ts";
import type { NodeNetworkSpec } from "../../crds/types.ts";
import { toAddress } from "../../lib/net/address.ts";
import { renderPrefix, toPrefix } from "../../lib/net/prefix.ts";
import { conflistSample } from "../../test/support/conflist-sample.ts";
import { active, claimObject, ownSpec } from "../../test/support/node-view.ts";
import type { ClaimObject } from "./claim.ts";
import { type AgentView, decide, type Decision } from "./decide.ts";
import type { Memory } from "./memory.ts";
import type { QuietSubnets } from "./quiet.ts";

const [one, nine] = ["10.244.1.0/24", "10.244.9.0/24"];
const blank: Memory = { spec: undefined, subnets: [], claims: [], acknowledged: undefined };
const patience = { drainMs: 60_000, closingMs: 5_000 };
const claims = [claimObject(1), claimObject(1, { cidr: nine }), claimObject(2)];

function viewOf(spec: NodeNetworkSpec | undefined, objects: readonly ClaimObject[]): AgentView {
  const own = spec && {
    apiVersion: "podnet.dev/v1alpha1" as const,
    kind: "NodeNetwork" as const,
    metadata: { name: "node-1" },
    spec,
  };
  return { own, claims: objects };
}

/** One look. */
interface Look {
  readonly view: AgentView | undefined;
  readonly leases?: readonly string[] | undefined;
  /** The subnets that the configuration offers. */
  readonly offered?: readonly string[];
  readonly nowMs?: number;
}

/** node-1 after a look, from what it remembered after the one before. */
function next(
  before: Pick<Decision, "memory" | "quiet"> | undefined,
  { view, offered = [], nowMs = 0, ...rest }: Look,
): Decision {
  const text = renderConflist(conflistSample({ subnets: offered.map(toPrefix) }));
  const files = offered.length === 0 ? [] : [{ name: "10-podnet.conflist", text }];
  const leases = "leases" in rest ? rest.leases?.map(toAddress) : [];
  const { memory, quiet }: { memory: Memory; quiet: QuietSubnets } = before ?? { memory: blank, quiet: new Map() };
  return decide(memory, quiet, { node: "node-1", view, folder: { path: "/etc/cni/net.d", files }, leases, nowMs }, patience);
}

/** What a node serves, and what of it to new pods. */
function serves({ own }: Decision): [readonly string[], readonly string[]] | undefined {
  return own && [own.subnets.map(renderPrefix), own.open.map(renderPrefix)];
}

test("a range is drained at a node without a gap: the old subnet goes from the configuration, counts as drained, and then from the bridge", () => {
  const both = (state: "Active" | "Draining", configGeneration: number) =>
    viewOf(ownSpec({ subnets: [...active(nine), { cidr: one, state }], configGeneration }), claims);
  const begun = next(undefined, { view: both("Active", 1) });
  assert.deepEqual(serves(begun), [
    [nine, one],
    [nine, one],
  ]);
  const draining = next(begun, { view: both("Draining", 2), offered: [nine, one], leases: ["10.244.1.7"] });
  assert.deepEqual(serves(draining), [[nine, one], [nine]]);
  assert.deepEqual(draining.faults, [], "the spec is done in full while pods still have addresses");
  const out = next(draining, { view: both("Draining", 2), offered: [nine], nowMs: 1_000 });
  assert.equal(out.againAfterMs, 60_000);
  assert.deepEqual(
    out.facts.subnets?.map(({ drained }) => drained),
    [undefined, undefined],
  );
  const drained = next(out, { view: both("Draining", 2), offered: [nine], nowMs: 61_000 });
  assert.deepEqual(
    drained.facts.subnets?.map(({ drained }) => drained),
    [undefined, true],
  );
  const dropped = next(drained, {
    view: viewOf(ownSpec({ subnets: active(nine), configGeneration: 3 }), claims),
    offered: [nine],
    nowMs: 61_001,
  });
  assert.deepEqual([serves(dropped), dropped.faults], [[[nine], [nine]], []]);
});

test("while nothing is known from the API server, everything stays as it is remembered", () => {
  const known = next(undefined, { view: viewOf(ownSpec({ subnets: active(one) }), claims) });
  const alone = next(known, { view: undefined });
  assert.deepEqual([alone.memory, serves(alone), alone.againAfterMs], [known.memory, serves(known), undefined]);
});

test("a NodeNetwork and claims that vanish together change nothing but what is reported", () => {
  const known = next(undefined, { view: viewOf(ownSpec({ subnets: active(one) }), claims) });
  const lost = next(known, { view: viewOf(undefined, []), leases: ["10.244.1.7"], offered: [one] });
  assert.deepEqual(serves(lost), serves(known));
  assert.deepEqual(lost.memory.claims, known.memory.claims);
  const asked = next(lost, {
    view: viewOf(ownSpec({ subnets: [], incarnation: "ledger-2", podRanges: [] }), []),
    leases: ["10.244.1.7"],
  });
  assert.deepEqual(asked.facts.subnets, [{ cidr: one, leases: 1, free: 252 }]);
  assert.deepEqual(asked.facts.lost, [{ cidr: "10.244.2.0/24", node: "node-2", nodeUID: "uid-node-2" }]);
  assert.deepEqual(asked.facts.acknowledged, { incarnation: "ledger-2", sequence: 0 });
  assert.deepEqual(asked.own?.podRanges, known.own?.podRanges, "a question does not change the settings of what is kept");
});

test("claims that were Held before they went are no loss: the node closes, and has nothing when its pods are gone", () => {
  const known = next(undefined, { view: viewOf(ownSpec({ subnets: active(one) }), claims) });
  const held = claims.map(({ metadata, spec }) => ({ metadata, spec: { ...spec, state: "Held" as const, releaseSequence: 3 } }));
  const closing = next(known, { view: viewOf(ownSpec({ subnets: active(one) }), held), offered: [one], leases: ["10.244.1.7"] });
  assert.deepEqual(serves(closing), [[one], []]);
  assert.equal(closing.facts.acknowledged?.sequence, 0, "not as long as the configuration offers it");
  const closed = next(closing, { view: viewOf(ownSpec({ subnets: active(one) }), held), leases: ["10.244.1.7"], nowMs: 1_000 });
  assert.equal(closed.facts.acknowledged?.sequence, 3);
  const gone = next(closed, { view: viewOf(undefined, []), leases: ["10.244.1.7"], nowMs: 9_000 });
  assert.deepEqual([serves(gone), gone.facts.lost], [[[one], []], []]);
  assert.equal(serves(next(gone, { view: viewOf(undefined, []), nowMs: 10_000 })), undefined);
});

test("leases that cannot be read say nothing: no subnet is reported, none goes, and nothing is acknowledged", () => {
  const known = next(undefined, { view: viewOf(ownSpec({ subnets: active(one, nine) }), claims) });
  const blind = next(known, {
    view: viewOf(ownSpec({ subnets: active(nine), incarnation: "ledger-2" }), claims),
    leases: undefined,
    nowMs: 99_000,
  });
  assert.equal(blind.facts.subnets, undefined);
  assert.deepEqual(serves(blind), [[nine, one], [nine]]);
  assert.deepEqual(blind.memory.acknowledged, known.memory.acknowledged);
});

test("a spec that cannot be read says nothing about subnets, and is named by what is wrong", () => {
  const known = next(undefined, { view: viewOf(ownSpec({ subnets: active(one) }), claims) });
  const broken = next(known, { view: viewOf(ownSpec({ subnets: active("10.244.9.7/24") }), claims) });
  assert.deepEqual([serves(broken), broken.faults.map(({ reason }) => reason)], [serves(known), ["NotCanonical"]]);
});
