import assert from "node:assert/strict";
import { test } from "node:test";
import { claimObject, claimsOf, dualClaims, dualSpec, ownNetwork, ownSpec } from "../../test/support/node-view.ts";
import { masqueradeTables } from "./masquerade.ts";

function elementsOf(name: string, ...args: Parameters<typeof masqueradeTables>): readonly string[] | undefined {
  return masqueradeTables(...args)
    .flatMap((table) => table.sets)
    .find((set) => set.name === name)?.elements;
}

test("one rule per family masquerades what this node's pods send out", () => {
  const [table, ...others] = masqueradeTables(ownNetwork(dualSpec()), claimsOf([...dualClaims(1), ...dualClaims(2)]));
  assert.deepEqual(others, []);
  assert.deepEqual(
    table?.chains.map(({ hook, rules }) => [hook, rules]),
    [
      [
        "type nat hook postrouting priority srcnat; policy accept;",
        [
          'ip saddr @local4 ip daddr != @pods4 ip daddr != @nodes4 ip daddr != 224.0.0.0/4 oifname != "cni0" masquerade fully-random',
          'ip6 saddr @local6 ip6 daddr != @pods6 ip6 daddr != @nodes6 ip6 daddr != ff00::/8 oifname != "cni0" masquerade fully-random',
        ],
      ],
    ],
  );
});

test("a node of one family has no rule and no set of the other", () => {
  const [table] = masqueradeTables(ownNetwork(), claimsOf(dualClaims(2)));
  assert.deepEqual(
    table?.sets.map((set) => set.name),
    ["local4", "pods4", "nodes4"],
  );
});

test("the ranges of all networks, and claims outside of any range, count as pods", () => {
  const own = ownNetwork(ownSpec({ podRanges: ["10.244.0.0/16", "10.9.0.0/16", "10.244.128.0/17"] }));
  const claims = claimsOf([claimObject(2), claimObject(3, { cidr: "10.77.3.0/24" })]);
  assert.deepEqual(elementsOf("pods4", own, claims), ["10.9.0.0/16", "10.77.3.0/24", "10.244.0.0/16"]);
});

test("every address of every node counts as a node, each once", () => {
  const claims = claimsOf([
    claimObject(2, { nodeAddresses: ["192.168.1.12", "172.16.0.2"] }),
    claimObject(2, { cidr: "10.244.22.0/24", nextHops: ["192.168.1.112"] }),
  ]);
  assert.deepEqual(elementsOf("nodes4", ownNetwork(), claims), ["192.168.1.11", "192.168.1.12", "172.16.0.2", "192.168.1.112"]);
});

test("without masquerading there is no table", () => {
  assert.deepEqual(masqueradeTables(ownNetwork(ownSpec({ masquerade: { enabled: false } })), claimsOf([claimObject(2)])), []);
});
