import assert from "node:assert/strict";
import { test } from "node:test";
import { renderRegistration } from "./registration.ts";
import { registrationDiffers, registrationOver } from "./registration-change.ts";

const endpoint = { by: "service", namespace: "kube-system", name: "podnet-webhook" } as const;
const wanted = renderRegistration(endpoint, ["one\n", "two\n"]);
/** As the API server gives it back: with more fields, in another order. */
const found = {
  metadata: { ...wanted.metadata, annotations: { ...wanted.metadata.annotations, mine: "kept" } },
  webhooks: wanted.webhooks.map((webhook) => ({
    ...Object.fromEntries(Object.entries(webhook).toReversed()),
    name: webhook.name,
    reinvocationPolicy: "Never",
  })),
};
const [first = { name: "" }, second = { name: "" }] = found.webhooks;

/** As AKS has it. */
const extended = {
  matchExpressions: [
    { key: "control-plane", operator: "NotIn", values: ["true"] },
    { key: "kubernetes.azure.com/managedby", operator: "NotIn", values: ["aks"] },
  ],
};

const cases: readonly [string, Parameters<typeof registrationDiffers>[1], string | undefined][] = [
  ["it is as wanted", found, undefined],
  ["there is none", undefined, "it is not registered"],
  [
    "namespaces are left out, which ours is in none of",
    { ...found, webhooks: [{ ...first, namespaceSelector: extended }, second].map(named) },
    undefined,
  ],
  ["nobody is told to leave it alone", { ...found, metadata: {} }, "it lacks the annotation admissions.enforcer/disabled: true"],
  ["it has no webhooks", { metadata: found.metadata }, "webhook podnetworks.podnet.dev is missing"],
  ["one is gone", { ...found, webhooks: [first] }, "webhook deletions.podnetworks.podnet.dev is missing"],
  [
    "one is somebody's",
    { ...found, webhooks: [first, second, { name: "evil.example.com" }] },
    "webhook evil.example.com is not ours",
  ],
  [
    "the caBundle is another",
    { ...found, webhooks: [{ ...first, ...clientOf(["one\n"]) }, second] },
    "webhook podnetworks.podnet.dev has another clientConfig",
  ],
  [
    "the failure policy is another",
    { ...found, webhooks: [{ ...first, failurePolicy: "Ignore" }, second].map(named) },
    "webhook podnetworks.podnet.dev has another failurePolicy",
  ],
  [
    "objects are left out",
    { ...found, webhooks: [first, { ...second, objectSelector: { matchLabels: { a: "b" } } }].map(named) },
    "webhook deletions.podnetworks.podnet.dev has another objectSelector",
  ],
  [
    "a condition was added",
    { ...found, webhooks: [{ ...first, matchConditions: [] }, second].map(named) },
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

test("what is written in the place of a registration has what others may have put there, and all else as wanted", () => {
  const metadata = { ...found.metadata, uid: "uid-1", resourceVersion: "7", creationTimestamp: "2026-01-01T00:00:00Z" };
  const [one, two] = renderRegistration(endpoint, ["one\n"]).webhooks;
  assert.ok(one && two);
  const there = { metadata, webhooks: [{ ...one, namespaceSelector: extended, failurePolicy: "Ignore", matchConditions: [] }] };
  assert.deepEqual(registrationOver(wanted, there), {
    metadata,
    webhooks: wanted.webhooks.map((webhook, at) => (at === 0 ? { ...webhook, namespaceSelector: extended } : webhook)),
  });
});
