import assert from "node:assert/strict";
import { test } from "node:test";
import { renderRegistration } from "./registration.ts";
import { registrationDiffers } from "./registration-change.ts";

const endpoint = { by: "service", namespace: "kube-system", name: "podnet-webhook" } as const;
const wanted = renderRegistration(endpoint, ["one\n", "two\n"]);
/** As the API server gives it back: with more fields, in another order. */
const found = {
  webhooks: wanted.webhooks.map((webhook) => ({
    ...Object.fromEntries(Object.entries(webhook).toReversed()),
    name: webhook.name,
    reinvocationPolicy: "Never",
  })),
};
const [first = { name: "" }, second = { name: "" }] = found.webhooks;

const cases: readonly [string, Parameters<typeof registrationDiffers>[1], string | undefined][] = [
  ["it is as wanted", found, undefined],
  ["there is none", undefined, "it is not registered"],
  ["it has no webhooks", {}, "webhook podnetworks.podnet.dev is missing"],
  ["one is gone", { webhooks: [first] }, "webhook deletions.podnetworks.podnet.dev is missing"],
  ["one is somebody's", { webhooks: [first, second, { name: "evil.example.com" }] }, "webhook evil.example.com is not ours"],
  [
    "the caBundle is another",
    { webhooks: [{ ...first, ...clientOf(["one\n"]) }, second] },
    "webhook podnetworks.podnet.dev has another clientConfig",
  ],
  [
    "the failure policy is another",
    { webhooks: [{ ...first, failurePolicy: "Ignore" }, second].map(named) },
    "webhook podnetworks.podnet.dev has another failurePolicy",
  ],
  [
    "objects are left out",
    { webhooks: [first, { ...second, objectSelector: { matchLabels: { a: "b" } } }].map(named) },
    "webhook deletions.podnetworks.podnet.dev has another objectSelector",
  ],
  [
    "a condition was added",
    { webhooks: [{ ...first, matchConditions: [] }, second].map(named) },
    "webhook podnetworks.podnet.dev has another matchConditions",
  ],
];

function clientOf(authorities: readonly string[]) {
  return { clientConfig: renderRegistration(endpoint, authorities).webhooks[0]?.clientConfig };
}

function named<T extends { readonly name: string }>(webhook: T): T {
  return webhook;
}

for (const [situation, registration, words] of cases)
  test(`a registration ${words === undefined ? "is left alone" : "is written anew"} when ${situation}`, () =>
    assert.equal(registrationDiffers(wanted, registration), words));
