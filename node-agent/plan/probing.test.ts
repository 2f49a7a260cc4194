import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { toAddress } from "../../lib/net/address.ts";
import { toPrefix } from "../../lib/net/prefix.ts";
import { claimObject, claimsOf, dualClaims, dualSpec, heldClaims, ownNetwork, ownSpec } from "../../test/support/node-view.ts";
import type { Claim } from "./claim.ts";
import type { OwnNetwork } from "./own-network.ts";
import { askerKey, destinationOf, planProbing } from "./probing.ts";
import type { PeerClaim } from "./routes.ts";

const own = ownNetwork(dualSpec());
const route = { route: { prefix: "", via: "192.168.1.12", device: "eth0" }, mtu: 1500 };

/** All of these claims have a way, but those of these prefixes. */
function peersOf(claims: readonly Claim[], ...unrouted: readonly string[]): PeerClaim[] {
  const others = claims.filter(({ node }) => node !== "node-1");
  return others.map(({ node, name }) => {
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
  planProbing("node-1", network, claims, { peers: peersOf(claims, ...unrouted), mtu: 1500 });

test("each other node is asked at its gateways, from this node's own ones, in every family of both", () => {
  const { gateways, askers, peers, mtu } = probingOf(claimsOf([...dualClaims(3), ...dualClaims(1), ...dualClaims(2)]));
  assert.deepEqual(gateways, ["10.244.1.1", "fd00:10:244:1::1"]);
  const asking = ["10.244.2.1", "10.244.3.1", "fd00:10:244:2::1", "fd00:10:244:3::1"];
  assert.deepEqual(askers, new Set(asking.map((text) => askerKey(toAddress(text)))));
  assert.equal(mtu, 1500);
  assert.deepEqual(
    peers,
    [2, 3].map((n) => ({
      node: `node-${n}`,
      ways: [
        { family: 4, from: "10.244.1.1", subnet: toPrefix(`10.244.${n}.0/24`), isRouted: true },
        { family: 6, from: "fd00:10:244:1::1", subnet: toPrefix(`fd00:10:244:${n}::/64`), isRouted: true },
      ],
    })),
  );
  const narrow = probingOf(claimsOf([...dualClaims(2)]), ownNetwork(ownSpec()));
  assert.deepEqual(
    narrow.peers.flatMap(({ ways }) => ways.map(destinationOf)),
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
    peers.flatMap(({ ways }) => ways.map(destinationOf)),
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

test("a claim that is too small for a gateway makes no difference", () => {
  const [claim = assert.fail()] = claimsOf([claimObject(3, { cidr: "10.244.3.0/32" })]);
  const planned = planProbing("node-1", own, [claim], { peers: [], mtu: 1500 });
  assert.deepEqual([planned.peers, planned.askers.size], [[], 0]);
});

test("the order of claims makes no difference", () => {
  const claims = claimsOf([1, 2, 3, 4].flatMap((n) => [...dualClaims(n), claimObject(n, { cidr: `10.244.${n + 100}.0/24` })]));
  const planned = probingOf(claims);
  fc.assert(
    fc.property(fc.shuffledSubarray([...claims], { minLength: claims.length }), (shuffled) => {
      assert.deepEqual(probingOf(shuffled), planned);
    }),
  );
});
