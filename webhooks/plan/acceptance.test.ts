import assert from "node:assert/strict";
import { test } from "node:test";
import { hostOf, refusedBecause, type RegisteredWebhook } from "./acceptance.ts";
import type { LeafFacts } from "./renewal.ts";

const now = new Date("2026-06-01T00:00:00Z");
const authority = { id: "ca-1", notBefore: new Date("2026-01-01"), notAfter: new Date("2027-01-01") };
const served: LeafFacts = {
  id: "leaf-1",
  notBefore: new Date("2026-05-01"),
  notAfter: new Date("2026-07-01"),
  names: ["podnet-webhook.kube-system.svc", "FD00:0:0:0:0:0:0:1"],
  authority: "ca-1",
  hasKey: true,
};
const writes = { name: "podnetworks.podnet.dev", host: "podnet-webhook.kube-system.svc", authorities: [authority] };
const both: readonly RegisteredWebhook[] = [writes, { ...writes, name: "deletions.podnetworks.podnet.dev" }];
const withWrites = (part: Partial<RegisteredWebhook>) => [{ ...writes, ...part }, ...both.slice(1)];

const cases: readonly [string, LeafFacts | undefined, readonly RegisteredWebhook[] | undefined, RegExp | undefined][] = [
  ["all is well", served, both, undefined],
  [
    "there are further authorities beside it",
    served,
    withWrites({ authorities: [{ ...authority, id: "ca-0" }, authority] }),
    undefined,
  ],
  ["the API server dials an address in another spelling", served, withWrites({ host: "fd00::1" }), undefined],
  ["none is served", undefined, both, /no certificate is served yet/],
  [
    "it is over",
    { ...served, notAfter: new Date("2026-05-31T23:59:59Z") },
    both,
    /was valid until 2026-05-31T23:59:59.000Z and could not be renewed/,
  ],
  [
    "it begins later",
    { ...served, notBefore: new Date("2026-06-02") },
    both,
    /valid from 2026-06-02.*; set this machine's clock/,
  ],
  ["nothing is registered", served, undefined, /there is no ValidatingWebhookConfiguration podnet/],
  ["a registration without webhooks is left", served, [], /there is no ValidatingWebhookConfiguration podnet/],
  [
    "the bundle is another's",
    served,
    withWrites({ authorities: [{ ...authority, id: "ca-9" }] }),
    /podnetworks\.podnet\.dev: the registered caBundle lacks the authority/,
  ],
  [
    "the bundle is empty in one of two",
    served,
    [writes, { ...writes, name: "deletions.podnetworks.podnet.dev", authorities: [] }],
    /^deletions\.podnetworks\.podnet\.dev: the registered caBundle lacks/,
  ],
  [
    "its authority is over",
    served,
    withWrites({ authorities: [{ ...authority, notAfter: new Date("2026-05-01") }] }),
    /authority that signed the certificate is not valid now/,
  ],
  [
    "the API server asks for another host",
    served,
    withWrites({ host: "other\u202e.svc" }),
    /asks for other\\u202e\.svc, and the certificate is for podnet-webhook/,
  ],
  ["the registration says no host", served, withWrites({ host: undefined }), /neither a Service nor a URL/],
];

for (const [situation, leaf, registered, words] of cases)
  test(`a certificate is ${words === undefined ? "accepted" : "refused"} when ${situation}`, () => {
    const reason = refusedBecause(leaf, registered, now);
    if (words === undefined) assert.equal(reason, undefined);
    else assert.match(reason ?? "", words);
  });

test("the host is that of the Service or of the URL, an address without brackets", () => {
  assert.equal(hostOf({ service: { namespace: "kube-system", name: "podnet-webhook" } }), "podnet-webhook.kube-system.svc");
  assert.equal(hostOf({ url: "https://192.168.1.10:9443/validate" }), "192.168.1.10");
  assert.equal(hostOf({ url: "https://[fd00::1]:9443/validate" }), "fd00::1");
  assert.equal(hostOf({ url: "nonsense" }), undefined);
  assert.equal(hostOf({}), undefined);
});
