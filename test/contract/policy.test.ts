// The policies that judge inside the API server, with no process of ours running.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { nodesOnOneSegment } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { installManifests } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { labName } from "../support/lab-name.ts";
import { succeed } from "../support/succeed.ts";

let lab: Lab;

before(async () => {
  lab = await startLab(nodesOnOneSegment(labName("contract-policy"), 2, "nodes-without-kubelets"));
  await installManifests(lab);
});
after(() => lab?.stop());

function network(name: string, cidrs: readonly string[]): string {
  const ranges = cidrs.map((cidr) => ({ cidr, nodePrefixLength: cidr.includes(":") ? 64 : 24 }));
  return JSON.stringify({ apiVersion: "podnet.dev/v1alpha1", kind: "PodNetwork", metadata: { name }, spec: { ranges } });
}

const must = (args: readonly string[], stdin = "") => succeed(lab.kubectl(args, { stdin }));

test("the overlap policy refuses a network that overlaps another, and names both", async () => {
  await must(["create", "-f", "-"], network("first", ["10.244.0.0/16", "fd00:10:244::/48"]));
  const refusal = async (cidr: string): Promise<string> =>
    waitUntil(`a refusal of ${cidr}`, 20_000, async () => {
      const { code, stderr } = await lab.kubectl(["create", "--dry-run=server", "-f", "-"], { stdin: network("second", [cidr]) });
      return code === 0 ? undefined : stderr;
    });
  for (const cidr of ["10.240.0.0/12", "10.244.3.0/24", "10.244.0.0/16", "fd00:10:244:8000::/49"]) {
    const message = await refusal(cidr);
    for (const part of ["podnet-no-overlap", cidr, "PodNetwork/first"])
      assert.ok(message.includes(part), `${part} is missing in: ${message}`);
  }
  await must(["create", "-f", "-"], network("second", ["10.245.0.0/16", "fd00:10:245::/48"]));
});

/** As many ranges as a network may have, the last of them `last`. */
function most(base: number, last: string): string[] {
  return [...Array.from({ length: 15 }, (_, index) => `2001:db8:${(base + index).toString(16)}::/48`), last];
}

test("the overlap policy names the ranges that overlap, of both networks, and no other", async () => {
  await must(["create", "-f", "-"], network("largest", most(0xa000, "fd00:1234:5678:9a00::/56")));
  for (const [name, cidrs, words] of [
    [
      "pair",
      ["10.246.0.0/16", "10.244.3.0/24", "fd00:10:246::/48"],
      "spec.ranges 10.244.3.0/24 overlap PodNetwork/first (10.244.0.0/16); choose a range that is free",
    ],
    // As much as two networks can ask of it: one that costs too much would be let through.
    [
      "last",
      most(0xb000, "fd00:1234:5678:9abc::/64"),
      "spec.ranges fd00:1234:5678:9abc::/64 overlap PodNetwork/largest (fd00:1234:5678:9a00::/56); choose",
    ],
    [
      "all",
      most(0xa000, "fd00:1234:5678:9abc::/64"),
      `overlap PodNetwork/largest (${most(0xa000, "fd00:1234:5678:9a00::/56").join(", ")});`,
    ],
  ] as const) {
    const message = await waitUntil(`a refusal of ${name}`, 20_000, async () => {
      const { code, stderr } = await lab.kubectl(["create", "--dry-run=server", "-f", "-"], { stdin: network(name, cidrs) });
      return code === 0 ? undefined : stderr;
    });
    assert.ok(message.includes(words), `not said: ${words}\n${message}`);
  }
  await must(["delete", "podnetwork", "largest", "--timeout=20s"]);
});

test("the overlap policy judges only the ranges that an update adds, and no deletion", async () => {
  const { code, stderr } = await lab.kubectl(["replace", "-f", "-"], {
    stdin: network("second", ["10.245.0.0/16", "10.244.9.0/24"]),
  });
  assert.notEqual(code, 0);
  assert.match(stderr, /10\.244\.9\.0\/24/);
  await must(["patch", "podnetwork", "second", "--type=merge", '--patch={"spec":{"masquerade":{"enabled":false}}}']);
  await must(["delete", "podnetwork", "second", "--timeout=20s"]);
});

interface CheckedPolicy {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly typeChecking?: { readonly expressionWarnings?: readonly { readonly warning: string }[] } };
}

async function checkedPolicies(): Promise<CheckedPolicy[]> {
  return waitUntil("every policy to be checked", 60_000, async () => {
    const { items }: { items: CheckedPolicy[] } = JSON.parse(await must(["get", "validatingadmissionpolicies", "--output=json"]));
    return items.every(({ status }) => status?.typeChecking !== undefined) ? items : undefined;
  });
}

function warningsOf({ status }: CheckedPolicy): string[] {
  return (status?.typeChecking?.expressionWarnings ?? []).map(({ warning }) => warning);
}

interface PolicyObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly matchConstraints: { readonly resourceRules: readonly { readonly apiGroups: readonly string[] }[] } };
}

function forOneVersion({ apiVersion, kind, metadata, spec }: PolicyObject): PolicyObject {
  const resourceRules = spec.matchConstraints.resourceRules.map((rule) => ({
    ...rule,
    apiVersions: [rule.apiGroups.includes("podnet.dev") ? "v1alpha1" : "v1"],
  }));
  const matchConstraints = { ...spec.matchConstraints, resourceRules };
  return { apiVersion, kind, metadata: { name: `typed-${metadata.name}` }, spec: { ...spec, matchConstraints } };
}

/** Whether a field that a claim does not have is found to be a mistake: the controller takes a while to learn of new kinds. */
async function checksOurKinds(): Promise<true | undefined> {
  const rule = { apiGroups: ["podnet.dev"], apiVersions: ["v1alpha1"], operations: ["CREATE"], resources: ["nodesubnets"] };
  const spec = { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: "object.spec.nonsense == ''" }] };
  const head = { apiVersion: "admissionregistration.k8s.io/v1", kind: "ValidatingAdmissionPolicy", metadata: { name: "wrong" } };
  await must(["create", "-f", "-"], JSON.stringify({ ...head, spec }));
  const wrong = (await checkedPolicies()).find(({ metadata }) => metadata.name === "wrong") ?? assert.fail();
  await must(["delete", "validatingadmissionpolicy", "wrong"]);
  return warningsOf(wrong).length > 0 || undefined;
}

test("Kubernetes' own check of types finds nothing wrong with any policy", async () => {
  await waitUntil("the controller to know our kinds", 90_000, checksOurKinds, 2_000);
  // It leaves out what is for any version of a kind, and never looks into variables: those are what the other tests try.
  const { items }: { items: PolicyObject[] } = JSON.parse(await must(["get", "validatingadmissionpolicies", "--output=json"]));
  for (const policy of items) await must(["create", "-f", "-"], JSON.stringify(forOneVersion(policy)));
  const checked = (await checkedPolicies()).filter(({ metadata }) => metadata.name.startsWith("typed-"));
  assert.equal(checked.length, items.length);
  assert.ok(items.length >= 8, items.map(({ metadata }) => metadata.name).join(", "));
  assert.deepEqual(
    Object.fromEntries(checked.map((one) => [one.metadata.name, warningsOf(one)]).filter(([, found]) => found?.length)),
    {},
  );
});
