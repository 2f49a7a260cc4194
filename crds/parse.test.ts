import assert from "node:assert/strict";
import { test } from "node:test";
import { codesByPath, judge, readCrdCases } from "../test/support/crd-case.ts";
import { claimObject, ownSpec } from "../test/support/node-view.ts";
import { specDefaults } from "../test/support/spec-defaults.ts";
import { renderIssue } from "./issue.ts";
import { apiVersion } from "./names.ts";
import { parseNodeNetwork, parseNodeSubnet, parsePodNetwork, parseServedPodNetwork } from "./parse.ts";

for (const one of readCrdCases()) {
  const wanted = Object.entries(one.issues ?? {}).flatMap(([path, codes]) => [codes].flat().map((code) => [path, code] as const));
  test(`${one.case}: ${wanted.length === 0 ? "accepted" : "refused"}`, () => {
    const { issues } = judge(one);
    assert.deepEqual(codesByPath(issues.map(({ path, code }) => [path, code])), codesByPath(wanted));
    for (const issue of issues) assert.match(issue.message, /;|: /, `no remedy in: ${renderIssue(issue)}`);
  });
}

const ranges = [{ cidr: "10.244.0.0/16", nodePrefixLength: 24 }];
const metadata = { name: "default" };

test("of a list that is far too long no more is looked at than shows that", () => {
  const spec = { ranges, masquerade: { exclude: Array.from({ length: 100_000 }, () => "nonsense") } };
  const { issues = [] } = parsePodNetwork({ apiVersion, kind: "PodNetwork", metadata, spec });
  const about = issues.filter(({ code }) => code === "OutOfBounds").map(renderIssue);
  assert.match(about.join(), /^spec\.masquerade\.exclude: \["nonsense".* has too many entries; give 64 or fewer$/);
  assert.ok(issues.every(({ path }) => Number(/\[(\d+)\]/.exec(path)?.[1] ?? 0) < 200));
});

test("defaults are filled in, and the object handed in stays as it was", () => {
  const input = { apiVersion, kind: "PodNetwork", metadata, spec: { ranges, cni: { bridge: "br-pods" }, mtu: null } };
  const before = structuredClone(input);
  assert.deepEqual(parsePodNetwork(input).value?.spec, {
    ranges: [{ cidr: "10.244.0.0/16", nodePrefixLength: 24, state: "Active" }],
    ...specDefaults,
    cni: { ...specDefaults.cni, bridge: "br-pods" },
  });
  assert.deepEqual(input, before);
});

test("what the server adds to metadata is no unknown field", () => {
  const stored = {
    ...metadata,
    uid: "u",
    generation: 3,
    selfLink: "",
    managedFields: [{ manager: "kubectl" }],
    ownerReferences: [],
  };
  assert.ok(parsePodNetwork({ apiVersion, kind: "PodNetwork", metadata: stored, spec: { ranges } }).value);
});

test("fields of a newer version are passed over in what the API server gave, at every depth, and nothing else is", () => {
  const newer = { encryption: { mode: "None" }, constructor: 1 };
  const [range] = ranges;
  const given = (part: object) => ({ apiVersion, kind: "PodNetwork", metadata, ...part });
  const served = given({
    ...newer,
    spec: { ...newer, ranges: [{ ...range, ...newer }], masquerade: { ...newer, enabled: false } },
    status: { ...newer, observedGeneration: 3 },
  });
  const known = given({ spec: { ranges, masquerade: { enabled: false } }, status: { observedGeneration: 3 } });
  assert.deepEqual(parseServedPodNetwork(served), parsePodNetwork(known));
  assert.deepEqual(
    parsePodNetwork(served)
      .issues?.filter(({ code }) => code === "UnknownField")
      .map(({ path }) => path)
      .toSorted(),
    ["", "spec.", "spec.masquerade.", "spec.ranges[0].", "status."]
      .flatMap((at) => Object.keys(newer).map((field) => at + field))
      .toSorted(),
  );
  const labels = { constructor: "a", encryption: "b" };
  const spec = { ranges, nodeSelector: { matchLabels: labels }, mtu: { ...newer, mode: "Other" } };
  assert.deepEqual(parseServedPodNetwork(given({ spec })).issues?.map(renderIssue), [
    'spec.mtu.mode: "Other" is not supported; write one of Auto, Fixed',
  ]);
  const selected = given({ metadata: { ...metadata, labels }, spec: { ranges, nodeSelector: { matchLabels: labels } } });
  assert.deepEqual(parseServedPodNetwork(selected), parsePodNetwork(selected));
});

test("another kind, another version and no object at all are told apart", () => {
  const messages = [
    undefined,
    [],
    { apiVersion, kind: "NodeSubnet", metadata, spec: { ranges } },
    { apiVersion: "podnet.dev/v1", kind: "PodNetwork", metadata, spec: { ranges } },
    { kind: "PodNetwork", metadata, spec: { ranges } },
  ].map((input) => parsePodNetwork(input).issues?.map(renderIssue));
  assert.deepEqual(messages, [
    ["nothing is no object; write one with apiVersion podnet.dev/v1alpha1 and kind PodNetwork"],
    ["[] is no object; write one with apiVersion podnet.dev/v1alpha1 and kind PodNetwork"],
    ['kind: "NodeSubnet" is not read here; write PodNetwork'],
    ['apiVersion: "podnet.dev/v1" is not read here; write podnet.dev/v1alpha1'],
    ["apiVersion: nothing is not read here; write podnet.dev/v1alpha1"],
  ]);
});

test("a missing field is described by what the schema says of it", () => {
  const parsed = parsePodNetwork({ apiVersion, kind: "PodNetwork", metadata, spec: { ranges: [{ nodePrefixLength: 24 }] } });
  assert.deepEqual(parsed.issues?.map(renderIssue), [
    'spec.ranges[0].cidr: is missing; set it: A prefix in canonical form, e.g. "10.244.0.0/16" or "fd00:10:244::/48".',
  ]);
});

test("a status is read too, with the format of its times", () => {
  const condition = { type: "Ready", status: "True", reason: "Ready", message: "", lastTransitionTime: "2026-11-24T12:00:00Z" };
  const withTime = (lastTransitionTime: string) =>
    parsePodNetwork({
      apiVersion,
      kind: "PodNetwork",
      metadata,
      spec: { ranges },
      status: { observedGeneration: 3, conditions: [{ ...condition, lastTransitionTime }] },
    });
  assert.deepEqual(withTime(condition.lastTransitionTime).value?.status?.conditions, [condition]);
  assert.deepEqual(withTime("today").issues?.map(renderIssue), [
    'status.conditions[0].lastTransitionTime: "today" is not of format date-time; correct it',
  ]);
});

test("a NodeSubnet names its addresses once each", () => {
  const claim = (nodeAddresses: string[]) =>
    parseNodeSubnet({ apiVersion, kind: "NodeSubnet", ...claimObject(1, { nodeAddresses }) });
  assert.equal(claim(["192.168.1.11", "fd00::11"]).value?.spec.cidr, "10.244.1.0/24");
  assert.deepEqual(claim(["192.168.1.11", "192.168.1.11"]).issues?.map(renderIssue), [
    "spec.nodeAddresses[1]: 192.168.1.11 stands in the list twice; remove one",
  ]);
});

test("a NodeNetwork says all that its agent needs", () => {
  const spec = ownSpec();
  const parse = (change: object) =>
    parseNodeNetwork({ apiVersion, kind: "NodeNetwork", metadata: { name: "node-1" }, spec: { ...spec, ...change } });
  assert.deepEqual(parse({}).value?.spec, spec);
  assert.deepEqual(
    parse({ configGeneration: 0, mtu: {} }).issues?.map(({ path, code }) => [path, code]),
    [
      ["spec.configGeneration", "OutOfBounds"],
      ["spec.mtu.mode", "Required"],
    ],
  );
});

test("a value of any size and depth is shown by its beginning, and not more than a hundred issues are", () => {
  const shown = (mtu: unknown) =>
    parsePodNetwork({ apiVersion, kind: "PodNetwork", metadata, spec: { ranges, mtu } }).issues?.map(
      ({ message }) => message.split(" is of")[0],
    );
  assert.deepEqual(shown([1, { a: "b" }, null, true, "c"]), ['[1,{"a":"b"},null,true,"c"]']);
  // So deep that JSON.stringify gives up: a name that is a number costs it its short way.
  const deep: unknown = JSON.parse(`${'{"0":'.repeat(60_000)}1${"}".repeat(60_000)}`);
  assert.deepEqual(shown([deep]), [`[${'{"0":'.repeat(16).slice(0, 76)}...`]);
  const ofDeep = parsePodNetwork({
    apiVersion,
    kind: "PodNetwork",
    metadata,
    spec: { ranges: [{ cidr: deep, nodePrefixLength: 24 }] },
  });
  assert.deepEqual(
    ofDeep.issues?.map(({ path, code }) => [path, code]),
    [["spec.ranges[0].cidr", "WrongType"]],
  );
  assert.deepEqual(shown(["x".repeat(100_000)]), [`["${"x".repeat(75)}...`]);
  const unknown = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`field${index}`, 1]));
  assert.equal(parsePodNetwork({ apiVersion, kind: "PodNetwork", metadata, spec: { ranges, ...unknown } }).issues?.length, 100);
});

test("every repeated entry of a long list is named", () => {
  const many = Array.from({ length: 90 }, () => ({ cidr: "10.244.0.0/16", nodePrefixLength: 24 }));
  const parsed = parsePodNetwork({ apiVersion, kind: "PodNetwork", metadata, spec: { ranges: many } });
  assert.equal(parsed.issues?.filter(({ code }) => code === "Duplicate").length, 89);
});
