import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeNetworkSubnet } from "../../crds/types.ts";
import { containsPrefix, prefixesOverlap, type Prefix, renderPrefix, toPrefix } from "../../lib/net/prefix.ts";
import { claimObject, claimsOf } from "../../test/support/node-view.ts";
import { nextSubnets, type OwnSubnet, type SubnetSight } from "./own-subnets.ts";
import type { SubnetState } from "./subnet-state.ts";
import { subnetFaults } from "./subnet-faults.ts";

const cidr = "10.244.1.0/24";
const other = "10.244.9.0/24";

/** One look: what node-1 had, what its spec names (undefined: nothing), and what stands in the API. */
interface Case {
  readonly before?: SubnetState;
  readonly stale?: boolean;
  readonly named?: Readonly<Record<string, NodeNetworkSubnet["state"]>>;
  /** Of 10.244.1.0/24, of this node. */
  readonly claim?: "Pending" | "Active" | "Draining" | "Held";
  /** A claim of node-2 overlaps it. */
  readonly taken?: boolean;
  /** The operator says to forget it. */
  readonly forgotten?: boolean;
  /** Undefined: they cannot be read. */
  readonly leases?: number | undefined;
  readonly closed?: boolean;
}

function look(given: Case): { readonly have: string; readonly faults: readonly string[] } {
  const { before, stale = false, named, claim, taken = false, closed = true } = given;
  const claims = [
    ...(claim === undefined ? [] : [claimObject(1, { state: claim })]),
    ...(taken ? [claimObject(2, { cidr: "10.244.0.0/23" })] : []),
    claimObject(1, { cidr: other }),
  ];
  const sight: SubnetSight = {
    node: "node-1",
    named: named && Object.entries(named).map(([text, state]) => ({ prefix: toPrefix(text), state })),
    claims: claimsOf(claims),
    forget: given.forgotten === true ? [cidr] : [],
    leases: (prefix: Prefix) => (containsPrefix(toPrefix(cidr), prefix) ? ("leases" in given ? given.leases : 0) : 0),
    isClosed: () => closed,
  };
  const had: OwnSubnet[] = before === undefined ? [] : [{ prefix: toPrefix(cidr), state: before, stale }];
  const next = nextSubnets(had, sight);
  const found = next.find(({ prefix }) => renderPrefix(prefix) === cidr);
  const have = found === undefined ? "none" : `${found.state}${found.stale ? " stale" : ""}`;
  return { have, faults: subnetFaults(next, sight).map(({ reason }) => reason) };
}

/** What happens → the look, what the node has of 10.244.1.0/24 after it, and why that is not what the spec says. */
const looks: Readonly<Record<string, readonly [given: Case, have: string, ...faults: string[]]>> = {
  "a subnet that the spec names and whose claim stands begins": [{ named: { [cidr]: "Active" }, claim: "Active" }, "Active"],
  "a subnet begins draining where the spec says so": [{ named: { [cidr]: "Draining" }, claim: "Draining" }, "Draining"],
  "no subnet begins before its claim is Active": [{ named: { [cidr]: "Active" }, claim: "Pending" }, "none", "SubnetPending"],
  "no subnet begins without a claim": [{ named: { [cidr]: "Active" } }, "none", "SubnetUnclaimed"],
  "no subnet begins whose claim is Held": [{ named: { [cidr]: "Active" }, claim: "Held" }, "none", "SubnetHeld"],
  "no subnet begins that is somebody else's": [{ named: { [cidr]: "Active" }, taken: true }, "none", "SubnetTaken"],
  "a drain begins": [{ before: "Active", named: { [cidr]: "Draining" }, claim: "Draining" }, "Draining"],
  "a drain is taken back": [{ before: "Draining", named: { [cidr]: "Active" }, claim: "Active" }, "Active"],
  "a claim that is Held closes a subnet of the spec": [
    { before: "Active", named: { [cidr]: "Active" }, claim: "Held", closed: false },
    "Held",
    "SubnetHeld",
  ],
  "a claim that is Held closes a subnet without a spec": [
    { before: "Active", claim: "Held", closed: false },
    "Held",
    "SubnetHeld",
  ],
  "a subnet whose claim is Held stays for its pods": [{ before: "Held", claim: "Held", leases: 1 }, "Held", "SubnetHeld"],
  "and while a pod may be getting an address of it": [{ before: "Held", claim: "Held", closed: false }, "Held", "SubnetHeld"],
  "and is given up after the last, before somebody else gets it": [{ before: "Held", claim: "Held" }, "none"],
  "also where the spec names it while its claim is Held": [
    { before: "Held", named: { [cidr]: "Active" }, claim: "Held" },
    "none",
    "SubnetHeld",
  ],
  "a subnet without a claim that the operator says to forget stays for its pods": [
    { before: "Active", named: { [other]: "Active" }, forgotten: true, leases: 1 },
    "Leaving",
    "SubnetInUse",
  ],
  "and is given up without any": [{ before: "Active", named: { [other]: "Active" }, forgotten: true }, "none"],
  "one whose claim stands is not forgotten, whatever is said": [{ before: "Active", claim: "Active", forgotten: true }, "Active"],
  "a subnet whose claim was Held and is gone stays for its pods": [{ before: "Held", leases: 1 }, "Leaving", "SubnetInUse"],
  "and goes with the last of them": [{ before: "Held", leases: 0 }, "none"],
  "also where the spec still names it": [{ before: "Held", named: { [cidr]: "Active" }, leases: 0 }, "none", "SubnetUnclaimed"],
  "a claim that is no longer Held opens the subnet again": [{ before: "Held", claim: "Active" }, "Active"],
  "a subnet that left the spec goes": [{ before: "Draining", named: { [other]: "Active" }, claim: "Draining" }, "none"],
  "a subnet that left the spec stays for its pods, closed": [
    { before: "Active", named: { [other]: "Active" }, claim: "Active", leases: 1 },
    "Leaving",
    "SubnetInUse",
  ],
  "a subnet that left the spec waits until no pod can be getting an address": [
    { before: "Active", named: { [other]: "Active" }, claim: "Active", closed: false },
    "Leaving",
    "SubnetClosing",
  ],
  "a subnet that left the spec goes while its claim is Held": [
    { before: "Draining", named: { [other]: "Active" }, claim: "Held" },
    "none",
  ],
  "no subnet goes while leases cannot be read": [
    { before: "Leaving", named: { [other]: "Active" }, claim: "Held", leases: undefined },
    "Leaving",
    "SubnetInUse",
  ],
  "a subnet that somebody else has now stays for its pods, closed": [
    { before: "Active", taken: true, leases: 1 },
    "Leaving",
    "SubnetInUse",
  ],
  "a subnet whose claim vanished stays as it was": [{ before: "Active" }, "Active"],
  "a subnet whose claim vanished stays as it was beside those of the spec": [
    { before: "Active", named: { [other]: "Active" } },
    "Active",
  ],
  "a draining subnet whose claim vanished stays so": [{ before: "Draining", named: { [other]: "Active" } }, "Draining"],
  "a subnet whose claim went back to Pending stays as it was": [{ before: "Active", claim: "Pending" }, "Active"],
  "a spec that says nothing changes nothing": [{ before: "Active", claim: "Active" }, "Active"],
  "a claim with pods of this machine that nobody remembers is served to them": [{ claim: "Active", leases: 1 }, "Draining"],
  "a claim without pods that nobody names is not used": [{ claim: "Active" }, "none"],
  "a subnet from before a reboot is evidence while leases of it are there": [
    { before: "Active", stale: true, leases: 1 },
    "Active stale",
  ],
  "and nothing when there are none": [{ before: "Active", stale: true }, "none"],
  "a subnet from before a reboot is served again when its claim stands": [
    { before: "Active", stale: true, claim: "Active" },
    "Active",
  ],
  "a subnet from before a reboot is served again when the spec names it": [
    { before: "Active", stale: true, named: { [cidr]: "Active" } },
    "Active",
  ],
  "a subnet from before a reboot whose claim is Held is not": [
    { before: "Active", stale: true, claim: "Held", leases: 1 },
    "Held stale",
  ],
};

for (const [what, [given, have, ...faults]] of Object.entries(looks)) {
  test(what, () => assert.deepEqual(look(given), { have, faults }));
}

test("the subnets of the spec come first and in its order, and none overlaps another", () => {
  const named = [other, "10.244.0.0/23"].map((text) => ({ prefix: toPrefix(text), state: "Active" as const }));
  const next = nextSubnets([{ prefix: toPrefix(cidr), state: "Leaving", stale: false }], {
    node: "node-1",
    named,
    claims: claimsOf([claimObject(1, { cidr: other }), claimObject(1, { cidr: "10.244.0.0/23" })]),
    forget: [],
    leases: () => 1,
    isClosed: () => true,
  });
  assert.deepEqual(
    next.map(({ prefix }) => renderPrefix(prefix)),
    [other, "10.244.0.0/23"],
  );
  assert.ok(next.every((a, n) => next.slice(0, n).every((b) => !prefixesOverlap(a.prefix, b.prefix))));
});
