// The API server, with our CRDs, and our own parser and rules: they agree on what is right, what is wrong, where, and what is filled in.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isKubeError } from "../../lib/kube/errors.ts";
import { podNetworkResource } from "../../crds/names.ts";
import type { PodNetwork } from "../../crds/types.ts";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { startLab } from "../../lab/start-lab.ts";
import { connect, type KubeClient } from "../../lib/kube/client.ts";
import type { Resource } from "../../lib/kube/resource.ts";
import { type CrdCase, judge, objectOf, readCrdCases, type Untyped } from "../support/crd-case.ts";
import { installCrds } from "../support/install-crds.ts";
import { labName } from "../support/lab-name.ts";
import { podNetworkOf, rangeOf } from "../support/network-sample.ts";

const podNetworks: Resource<Untyped> = podNetworkResource;
const examples = join(import.meta.dirname, "../../examples");

let lab: Lab;
let client: KubeClient;

before(async () => {
  lab = await startLab(noNodes(labName("crd-table")));
  assert.doesNotMatch(await installCrds(lab), /warning/i);
  client = await connect({ access: { from: "kubeconfig", path: lab.kubeconfig }, userAgent: "podnet-test" });
});
after(async () => {
  await client?.close();
  await lab?.stop();
});

/** What the API server says of an object: its spec with defaults, or the causes of a refusal. */
type Answer = { readonly spec: unknown } | { readonly causes: readonly { readonly field?: string; readonly message?: string }[] };

async function ask(one: CrdCase): Promise<Answer> {
  const old = one.old === undefined ? undefined : await client.create(podNetworks, objectOf(one, one.old));
  try {
    const asked = objectOf(one);
    const answer = await (old === undefined
      ? client.create(podNetworks, asked, { dryRun: true })
      : client.replace(podNetworks, { ...asked, metadata: old.metadata }, { dryRun: true }));
    return { spec: answer.spec };
  } catch (error) {
    if (!isKubeError(error, "Invalid")) throw error;
    // The server adds one cause without a place where an error of the schema kept it from trying the rules.
    return { causes: (error.apiStatus?.details?.causes ?? []).filter(({ field }) => field !== "<nil>") };
  } finally {
    if (old !== undefined) await client.delete(podNetworks, old.metadata.name);
  }
}

function isUnknownField([, codes]: readonly [string, string | readonly string[]]): boolean {
  return [codes].flat().includes("UnknownField");
}

const cases = readCrdCases();
const refusedAlways = cases.filter(({ issues = {} }) => !Object.entries(issues).some(isUnknownField));
const refusedWhenStrict = cases.filter((one) => !refusedAlways.includes(one));

for (const one of refusedAlways) {
  const { issues, value, fromSchema } = judge(one);
  test(`${one.case}: the API server ${issues.length === 0 ? "takes it, with the same defaults" : "refuses it, in the same place"}`, async () => {
    const answer = await ask(one);
    if ("spec" in answer) return assert.deepEqual({ issues, spec: answer.spec }, { issues: [], spec: value?.spec });
    const places = [...new Set(answer.causes.map(({ field }) => field ?? ""))].toSorted();
    assert.deepEqual(places, [...(one.server ?? new Set(issues.map(({ path }) => path)))].toSorted());
    if (fromSchema || one.server !== undefined) return;
    for (const { path, message } of issues) {
      const said: string[] = answer.causes.filter(({ field }) => field === path).map((cause) => cause.message ?? "");
      assert.ok(
        said.some((text) => text.endsWith(message)),
        `the server says of ${path}: ${said.join("; ")}\nwe say: ${message}`,
      );
    }
  });
}

for (const one of refusedWhenStrict) {
  test(`${one.case}: kubectl refuses it, and the API server drops it for clients that do not ask`, async () => {
    const stdin = JSON.stringify(objectOf(one));
    const said = await lab.kubectl(["create", "--dry-run=server", "--filename=-"], { stdin });
    assert.notEqual(said.code, 0);
    for (const path of Object.keys(one.issues ?? {})) assert.ok(said.stderr.includes(`unknown field "${path}"`), said.stderr);
    assert.ok("spec" in (await ask(one)));
  });
}

for (const file of readdirSync(examples))
  test(`examples/${file} is taken by the API server as it stands`, async () => {
    const said = await lab.kubectl(["create", "--dry-run=server", `--filename=${join(examples, file)}`]);
    assert.equal(said.code, 0, said.stderr);
  });

/** As much as one PodNetwork may hold, with names and prefixes as long as they get in practice. */
function largest(): PodNetwork {
  const hex = (offset: number, index: number) => (offset + index).toString(16);
  const subnet = (offset: number, index: number) => `2001:db8:1234:100f:abcd:${hex(offset, index)}::/96`;
  const times = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, index) => make(index));
  const node = (index: number) => `ip-10-0-12-${100 + Math.floor(index / 16)}.eu-central-1.compute.internal`;
  return podNetworkOf("largest", [], {
    ranges: times(16, (index) => rangeOf(`2001:db8:1234:${hex(0x1000, index)}:abcd::/80`, { nodePrefixLength: 96 })),
    reserved: times(64, (index) => ({ cidr: subnet(0x2000, index) })),
    staticSubnets: times(256, (index) => ({ node: node(index), cidr: subnet(0x3000, index) })),
    growth: { maxSubnetsPerNode: 16, addBelowFreeIPs: 16 },
  });
}

test("the API server finishes its rules on the largest network that the schema allows, right or wrong", async () => {
  const { metadata, ...right } = largest();
  const ask = (spec: PodNetwork["spec"]) =>
    client.create(podNetworks, { ...right, metadata: { name: metadata.name }, spec }, { dryRun: true });
  await ask(right.spec);
  const { staticSubnets = [] } = right.spec;
  const reserved = staticSubnets.slice(0, 64).map(({ cidr }) => ({ cidr }));
  const wrong: readonly [Partial<PodNetwork["spec"]>, RegExp][] = [
    [{ reserved }, /static subnets touch a reserved prefix/],
    [{ growth: { ...right.spec.growth, maxSubnetsPerNode: 15 } }, /more static subnets of one family than .* 15;/],
    [{ ranges: right.spec.ranges.slice(0, 15) }, /static subnets lie in no range/],
    [
      { staticSubnets: staticSubnets.map(({ node, cidr }) => ({ node, cidr: cidr.replace("/96", "/97") })) },
      /not of the nodePrefixLength/,
    ],
  ];
  for (const [part, words] of wrong)
    await assert.rejects(ask({ ...right.spec, ...part }), (error) => isKubeError(error, "Invalid") && words.test(error.message));
});
