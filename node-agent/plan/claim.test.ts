import assert from "node:assert/strict";
import { test } from "node:test";
import { renderAddress } from "../../lib/net/address.ts";
import { claimObject, dualClaims } from "../../test/support/node-view.ts";
import { parseClaims } from "./claim.ts";

test("a claim is read with its next hops", () => {
  const { claims, problems } = parseClaims(dualClaims(2));
  assert.deepEqual(problems, []);
  assert.deepEqual(
    claims.map((claim) => [claim.name, claim.node, claim.nextHops.map(renderAddress)]),
    [
      ["10.244.2.0-24", "node-2", ["192.168.1.12", "fd00:192:168:1::12"]],
      ["fd00-0010-0244-0002-0000-0000-0000-0000-64", "node-2", ["192.168.1.12", "fd00:192:168:1::12"]],
    ],
  );
});

test("a bad object costs no other", () => {
  const bad = { metadata: { name: "bad" }, spec: { ...claimObject(3).spec, cidr: "10.244.3.0" } };
  const { claims, problems } = parseClaims([bad, claimObject(2)]);
  assert.deepEqual(
    claims.map(({ name }) => name),
    ["10.244.2.0-24"],
  );
  assert.match(problems[0]?.message ?? "", /^NodeSubnet bad is ignored: spec\.cidr "10\.244\.3\.0" is not a prefix/);
});

test("an object under another name than its prefix is ignored, so that no prefix counts twice", () => {
  const twin = { ...claimObject(2), metadata: { name: "10.244.9.0-24" } };
  const { claims, problems } = parseClaims([claimObject(2), twin]);
  assert.equal(claims.length, 1);
  assert.equal(problems[0]?.code, "NameIsNotCidr");
});

test("a claim of a state that this version does not know is left out, and told", () => {
  for (const state of ["Retired", "toString", "__proto__"]) {
    const { claims, problems } = parseClaims([claimObject(1), claimObject(2, JSON.parse(JSON.stringify({ state })))]);
    assert.deepEqual(
      claims.map(({ name }) => name),
      ["10.244.1.0-24"],
    );
    assert.deepEqual(
      problems.map(({ code, path }) => [code, path]),
      [["UnknownState", "NodeSubnet/10.244.2.0-24"]],
    );
  }
});

test("a bad address costs nothing but itself", () => {
  const { claims, problems } = parseClaims([claimObject(2, { nextHops: ["192.168.1.12; reboot", "fd00::12"] })]);
  assert.deepEqual(claims[0]?.nextHops.map(renderAddress), ["fd00::12"]);
  assert.match(problems[0]?.message ?? "", /names "192\.168\.1\.12; reboot", which is not an IP address/);
});

test("a claim without addresses is a claim", () => {
  const { nextHops: _n, nodeAddresses: _a, ...spec } = claimObject(2).spec;
  const { claims, problems } = parseClaims([{ metadata: { name: "10.244.2.0-24" }, spec }]);
  assert.deepEqual([claims[0]?.nextHops, claims[0]?.nodeAddresses, problems], [[], [], []]);
});
