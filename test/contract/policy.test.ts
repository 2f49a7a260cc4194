// The policies that judge inside the API server, with no process of ours running.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { nodesOnOneSegment } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { installManifests } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { labName } from "../support/lab-name.ts";

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

async function must(args: readonly string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await lab.kubectl(args, stdin === undefined ? {} : { stdin });
  assert.equal(code, 0, stderr);
  return stdout;
}

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

test("the overlap policy judges only the ranges that an update adds, and no deletion", async () => {
  const { code, stderr } = await lab.kubectl(["replace", "-f", "-"], {
    stdin: network("second", ["10.245.0.0/16", "10.244.9.0/24"]),
  });
  assert.notEqual(code, 0);
  assert.match(stderr, /10\.244\.9\.0\/24/);
  await must(["patch", "podnetwork", "second", "--type=merge", '--patch={"spec":{"masquerade":{"enabled":false}}}']);
  await must(["delete", "podnetwork", "second", "--timeout=20s"]);
});

test("the API server's own check of types finds nothing wrong with any policy", async () => {
  const policies = ["get", "validatingadmissionpolicies", "--output=json"];
  const checked = await waitUntil("every policy to be checked", 60_000, async () => {
    const { items }: { items: CheckedPolicy[] } = JSON.parse(await must(policies));
    return items.every(({ status }) => status?.typeChecking !== undefined) ? items : undefined;
  });
  assert.ok(checked.length >= 7, checked.map(({ metadata }) => metadata.name).join(", "));
  for (const { metadata, status } of checked) assert.deepEqual(status?.typeChecking?.expressionWarnings ?? [], [], metadata.name);
});

interface CheckedPolicy {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly typeChecking?: { readonly expressionWarnings?: readonly object[] } };
}
