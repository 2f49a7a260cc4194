import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { claimObject, claimsOf, dualClaims, dualSpec, heldClaims, ownNetwork, ownSpec } from "../../test/support/node-view.ts";
import type { Claim } from "./claim.ts";
import type { OwnNetwork } from "./own-network.ts";
import { planProbing } from "./probing.ts";
import type { PeerClaim } from "./routes.ts";

const own = ownNetwork(dualSpec());
const route = { route: { prefix: "", via: "192.168.1.12", device: "eth0" }, mtu: 1500 };

/** All of these claims have a way, but those of these prefixes. */
function peersOf(claims: readonly Claim[], ...unrouted: readonly string[]): PeerClaim[] {
  return claims.map(({ node, name }) => {
    const prefix = claimPrefix(name);
    const problem = { path: `NodeSubnet/${name}`, code: "NotOnLink", message: "no route" };
    return { node, prefix, path: unrouted.includes(prefix) ? problem : route };
  });
}

function claimPrefix(name: string): string {
  const [, dotted, length] = /^([\d.]+)-(\d+)$/.exec(name) ?? [];
  return dotted === undefined ? `fd00:10:244:${Number(name.split("-")[3])}::/64` : `${dotted}/${length}`;
}

const probingOf = (claims: readonly Claim[], network: OwnNetwork = own, ...unrouted: readonly string[]) =>
  planProbing("node-1", network, claims, peersOf(claims, ...unrouted), 1500);

test("each other node is asked at its gateways, from this node's own ones, in every family of both", () => {
  const { gateways, askers, peers, mtu } = probingOf(claimsOf([...dualClaims(3), ...dualClaims(1), ...dualClaims(2)]));
  assert.deepEqual(gateways, ["10.244.1.1", "fd00:10:244:1::1"]);
  assert.deepEqual([...askers], ["10.244.2.1", "10.244.3.1", "fd00:10:244:2::1", "fd00:10:244:3::1"]);
  assert.equal(mtu, 1500);
  assert.deepEqual(
    peers,
    [2, 3].map((n) => ({
      node: `node-${n}`,
      ways: [
        { family: 4, from: "10.244.1.1", to: `10.244.${n}.1`, isRouted: true },
        { family: 6, from: "fd00:10:244:1::1", to: `fd00:10:244:${n}::1`, isRouted: true },
      ],
    })),
  );
  const narrow = probingOf(claimsOf([...dualClaims(2)]), ownNetwork(ownSpec()));
  assert.deepEqual(
    narrow.peers.flatMap(({ ways }) => ways.map(({ to }) => to)),
    ["10.244.2.1"],
    "a node of one family asks in that one",
  );
});

test("a node with several subnets is asked at the first that new pods get addresses of", () => {
  const claims = claimsOf([
    claimObject(2, { state: "Draining" }),
    claimObject(2, { cidr: "10.244.9.0/24" }),
    claimObject(2, { cidr: "10.244.8.0/24" }),
  ]);
  const { peers, askers } = probingOf(claims);
  assert.deepEqual(
    peers.flatMap(({ ways }) => ways.map(({ to }) => to)),
    ["10.244.8.1"],
  );
  assert.equal(askers.size, 3, "it may ask from each of them");
});

test("a node that is gone is not asked, and one that there is no route to is known to have none", () => {
  const claims = claimsOf([...heldClaims(2), ...dualClaims(3)]);
  const { peers } = probingOf(claims, own, "fd00:10:244:3::/64");
  assert.deepEqual(
    peers.map(({ node, ways }) => [node, ways.map(({ isRouted }) => isRouted)]),
    [["node-3", [true, false]]],
  );
});

test("the order of claims makes no difference", () => {
  const claims = claimsOf([1, 2, 3, 4].flatMap((n) => [...dualClaims(n), claimObject(n, { cidr: `10.244.${n + 100}.0/24` })]));
  const planned = JSON.stringify(probingOf(claims).peers);
  fc.assert(
    fc.property(fc.shuffledSubarray([...claims], { minLength: claims.length }), (shuffled) => {
      assert.equal(JSON.stringify(probingOf(shuffled).peers), planned);
    }),
  );
});
