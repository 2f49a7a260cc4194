import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "./builtin.ts";
import type { KubeClient } from "./client.ts";
import { refusalError } from "./failure.ts";
import type { KubeObject, Resource, Stored } from "./resource.ts";
import { listServiceRanges } from "./service-ranges.ts";

function isOf<T extends KubeObject>(object: KubeObject | undefined, { plural }: Resource<T>): object is Stored<T> {
  return object !== undefined && plural === "services";
}

/** An API server that answers a list of ServiceCIDRs with this status, and has this Service `kubernetes`. */
function answering(status: number, spec?: Service["spec"]): Pick<KubeClient, "listAll" | "get"> {
  const attempt = { what: "list ServiceCIDRs", origin: "https://10.96.0.1:443", write: false };
  const service = spec && { metadata: { name: "kubernetes", namespace: "default" }, spec };
  return {
    listAll: () => Promise.reject(refusalError(attempt, { status, text: "404 page not found", retryAfterSeconds: undefined })),
    get: (resource) => Promise.resolve(isOf(service, resource) ? service : undefined),
  };
}

const by = "Service/kubernetes in namespace default";

test("where the API of ServiceCIDRs is absent the addresses of the Service kubernetes are known, and that they are no more than that", async () => {
  const both = answering(404, { clusterIP: "10.96.0.1", clusterIPs: ["10.96.0.1", "fd00:96::1"] });
  assert.deepEqual(await listServiceRanges(both), [
    { cidr: "10.96.0.1/32", by, addressOnly: true },
    { cidr: "fd00:96::1/128", by, addressOnly: true },
  ]);
  assert.deepEqual(await listServiceRanges(answering(404, { clusterIP: "10.96.0.1" })), [
    { cidr: "10.96.0.1/32", by, addressOnly: true },
  ]);
  assert.deepEqual(await listServiceRanges(answering(404)), []);
});

test("what else the API server answers is a failure, and nothing is made of it", async () => {
  for (const status of [403, 500, 503]) await assert.rejects(listServiceRanges(answering(status, { clusterIP: "10.96.0.1" })));
});
