// What a review reads: local copies, or the API server anew.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodNetwork } from "../crds/types.ts";
import { claimOf, nodeNetworkOf, podNetworkOf } from "../test/support/network-sample.ts";
import { type Evidence, type EvidenceName, nothingAsked } from "./plan/evidence.ts";
import type { AdmissionRequest } from "./plan/admission-review.ts";
import { reviewer } from "./review.ts";

const taken: Evidence = { ...nothingAsked, networks: { items: [podNetworkOf("first", ["10.244.0.0/16"])] } };

function request(part: Partial<AdmissionRequest>): AdmissionRequest {
  const resource = { group: "podnet.dev", version: "v1alpha1", resource: "podnetworks" };
  return { uid: "u", operation: "CREATE", resource, object: undefined, oldObject: undefined, ...part };
}

const creation = request({ object: podNetworkOf("second", ["10.244.0.0/17"]) });

/** The decision, and what was read anew for it, with copies and the API server as given. */
async function ask(
  one: AdmissionRequest,
  copies: Evidence | undefined,
  server: Evidence,
  heartbeatSeconds = 60,
): Promise<[boolean, string]> {
  const anew: string[] = [];
  const atHand = () => copies;
  const live = (names: ReadonlySet<EvidenceName>) => {
    anew.push([...names].toSorted().join());
    return Promise.resolve(server);
  };
  const { allowed } = await reviewer({ evidence: { atHand, live }, heartbeatSeconds })(one);
  return [allowed, anew.join()];
}

test("what the copies allow is allowed without a question", async () => {
  assert.deepEqual(await ask(creation, nothingAsked, taken), [true, ""]);
});

test("what the copies refuse is asked anew, once, and that decides", async () => {
  assert.deepEqual(await ask(creation, taken, taken), [false, "claims,ledgers,networks,nodes,records,services"]);
  assert.deepEqual(await ask(creation, taken, nothingAsked), [true, "claims,ledgers,networks,nodes,records,services"]);
});

test("without copies the API server is asked", async () => {
  assert.deepEqual(await ask(creation, undefined, taken), [false, "claims,ledgers,networks,nodes,records,services"]);
  assert.deepEqual(await ask(creation, undefined, nothingAsked), [true, "claims,ledgers,networks,nodes,records,services"]);
});

test("a deletion, and a range that goes, are never judged by copies", async () => {
  const network: PodNetwork = podNetworkOf("first", ["10.244.0.0/16", "10.245.0.0/16"]);
  const used: Evidence = { ...nothingAsked, claims: { items: [claimOf("node-1", "10.244.1.0/24", { network: "first" })] } };
  const deletion = request({ operation: "DELETE", oldObject: network });
  assert.deepEqual(await ask(deletion, nothingAsked, used), [false, "claims,records"]);
  const removal = request({ operation: "UPDATE", oldObject: network, object: podNetworkOf("first", ["10.245.0.0/16"]) });
  assert.deepEqual(await ask(removal, nothingAsked, used), [false, "claims,networks,nodes,records"]);
});

test("how long an agent may be silent before a deletion turns on it goes by the setting", async () => {
  const subnet = "10.244.1.0/24";
  const observedAt = new Date(Date.now() - 20 * 60_000).toISOString();
  const record = nodeNetworkOf("node-1", { configGeneration: 1, observedAt, subnets: [{ cidr: subnet, leases: 0, free: 253 }] });
  const empty: Evidence = { ...nothingAsked, claims: { items: [claimOf("node-1", subnet)] }, records: { items: [record] } };
  const deletion = request({ operation: "DELETE", oldObject: podNetworkOf("default", ["10.244.0.0/16"]) });
  assert.deepEqual(await ask(deletion, undefined, empty, 60), [false, "claims,records"]);
  assert.deepEqual(await ask(deletion, undefined, empty, 600), [true, "claims,records"]);
});

test("objects nested without end, wherever that is, are refused or allowed and overflow nothing", async () => {
  const nested = (open: string, close: string): unknown => JSON.parse(`${open.repeat(100_000)}1${close.repeat(100_000)}`);
  const base = podNetworkOf("second", ["10.244.0.0/16"]);
  for (const deep of [nested("[", "]"), nested('{"a":', "}")])
    for (const object of [
      deep,
      { ...base, metadata: { name: deep } },
      { ...base, metadata: { name: "second", annotations: deep, labels: { a: deep } } },
      { ...base, spec: deep },
      { ...base, spec: { ...base.spec, ranges: deep, nodeSelector: deep, reserved: deep } },
      { ...base, spec: { ...base.spec, ranges: [deep], nodeSelector: { matchLabels: { a: deep } }, unknown: deep } },
      { ...base, status: deep },
    ])
      for (const operation of ["CREATE", "UPDATE", "DELETE"] as const)
        assert.equal(
          typeof (await ask(request({ operation, object, oldObject: object }), nothingAsked, nothingAsked))[0],
          "boolean",
        );
});

test("what turns on nothing else is answered at once, refusals too", async () => {
  const malformed = request({ object: { ...podNetworkOf("second", []), spec: { ranges: 7 } } });
  assert.deepEqual(await ask(malformed, nothingAsked, taken), [false, ""]);
});
