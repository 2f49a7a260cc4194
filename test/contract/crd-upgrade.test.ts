// podnet crds apply, with the rights that the chart's Job has, against a real API server.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import definitions from "../../crds/definitions.json" with { type: "json" };
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { startLab } from "../../lab/start-lab.ts";
import { installCrds } from "../support/install-crds.ts";
import { labName } from "../support/lab-name.ts";
import { type PodnetResult, runPodnet } from "../support/podnet-command.ts";
import { succeed } from "../support/succeed.ts";

let lab: Lab;
/** Of the ServiceAccount podnet-crds. */
let kubeconfig: string;
const [network, ...others] = definitions;

before(async () => {
  lab = await startLab(noNodes(labName("crd-upgrade")));
  await must(["apply", "-f", join(import.meta.dirname, "../../deploy/crd-upgrade.yaml")]);
  ({ outsideKubeconfig: kubeconfig } = await lab.identity({ name: "podnet-crds", namespace: "kube-system" }));
});
after(() => lab?.stop());

const must = (args: readonly string[], object?: object): Promise<string> =>
  succeed(lab.kubectl(args, object === undefined ? {} : { stdin: JSON.stringify(object) }));
const apply = (): Promise<PodnetResult> => runPodnet(["crds", "apply", "--kubeconfig", kubeconfig]);

/** As Helm writes them, and whoever else. */
const put = (crd: object): Promise<string> =>
  must(["apply", "--server-side", "--force-conflicts", "--field-manager=helm", "-f", "-"], crd);

/** The definition of PodNetworks with something about its spec changed. */
function changed(change: (spec: { properties: Record<string, object>; "x-kubernetes-validations": object[] }) => void): object {
  const copy = structuredClone(network);
  assert.ok(copy);
  const spec: unknown = copy.spec.versions[0]?.schema.openAPIV3Schema.properties.spec;
  change(spec as Parameters<typeof change>[0]);
  return copy;
}

const networkWith = (fields: object): object => ({
  apiVersion: "podnet.dev/v1alpha1",
  kind: "PodNetwork",
  metadata: { name: "default" },
  spec: { ranges: [{ cidr: "10.244.0.0/16", nodePrefixLength: 24 }], ...fields },
});

const specOf = async (): Promise<Record<string, unknown>> =>
  JSON.parse(await must(["get", "podnetwork", "default", "--output=json"])).spec;

test("a cluster without podnet's kinds gets all of them, and serves them", async () => {
  const { code, stdout, stderr } = await apply();
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    stdout.trim().split("\n"),
    definitions.map(({ metadata }) => `created  ${metadata.name}`),
  );
  assert.match(await must(["get", "podnetworks,nodesubnets,nodenetworks,rangeledgers"]), /^$/);
  const again = await apply();
  assert.deepEqual([again.code, again.stdout], [0, stdout.replaceAll("created", "same   ")]);
});

test("a definition of an older podnet, by whoever's hand, gets the fields that it lacks, and rules that it had and ours has not go", async () => {
  const older = changed((spec) => {
    delete spec.properties["growth"];
    spec["x-kubernetes-validations"] = [{ rule: "size(self.ranges) < 2", message: "an old rule" }];
  });
  await must(["delete", "crd", "podnetworks.podnet.dev"]);
  await put(older);
  await must(["wait", "--for=condition=Established", "crd/podnetworks.podnet.dev"]);
  const { code, stdout } = await apply();
  assert.equal(code, 0);
  assert.match(stdout, /^changed {2}podnetworks\.podnet\.dev\nsame {5}nodesubnets\.podnet\.dev\n/);
  const two = { ranges: ["10.244.0.0/16", "10.245.0.0/16"].map((cidr) => ({ cidr, nodePrefixLength: 24 })) };
  await must(["apply", "--server-side", "-f", "-"], networkWith({ ...two, growth: { maxSubnetsPerNode: 3 } }));
  assert.deepEqual((await specOf())["growth"], { maxSubnetsPerNode: 3, addBelowFreeIPs: 16 });
});

test("a definition of a newer podnet stays as it is, and no object loses a field", async () => {
  await put(changed((spec) => (spec.properties["pace"] = { type: "string" })));
  await must(["apply", "--server-side", "-f", "-"], networkWith({ pace: "slow" }));
  const { code, stdout } = await apply();
  assert.equal(code, 0);
  assert.match(stdout, /^newer {4}podnetworks\.podnet\.dev: left as it is, since it knows v1alpha1 spec\.pace\n/);
  await must(["label", "podnetwork", "default", "written=anew"]);
  assert.equal((await specOf())["pace"], "slow");
});

test("where one definition is of no version of podnet, none is written, and the reason says what to do", async () => {
  await must(["delete", "crd", "nodesubnets.podnet.dev"]);
  await put(
    changed((spec) => {
      delete spec.properties["growth"];
      spec["x-kubernetes-validations"] = [];
      spec.properties["pace"] = { type: "string" };
    }),
  );
  const { code, stdout, stderr } = await apply();
  assert.deepEqual([code, stdout], [3, ""]);
  assert.match(
    stderr,
    /nothing was done: podnetworks\.podnet\.dev of the cluster has v1alpha1 spec\.pace, which this version lacks/,
  );
  assert.match(stderr, /lacks v1alpha1 spec\.growth.*kubectl apply --server-side --force-conflicts -f FILE\n/);
  assert.match((await lab.kubectl(["get", "crd", "nodesubnets.podnet.dev"])).stderr, /not found/);
  await installCrds(lab);
});

test("with these rights no other definition is read, written or made, and none is deleted", async () => {
  const as = (args: readonly string[], object?: object) =>
    lab.kubectl(args, { ...(object && { stdin: JSON.stringify(object) }) });
  const widget = structuredClone(others[0]);
  assert.ok(widget);
  const text = JSON.stringify(widget).replaceAll("podnet.dev", "example.com");
  for (const [args, object] of [
    [["apply", "--server-side", "-f", "-"], JSON.parse(text)],
    [["get", "crds"], undefined],
    [["delete", "crd", "podnetworks.podnet.dev"], undefined],
    [["get", "podnetworks"], undefined],
  ] as const) {
    const { code, stderr } = await as(["--kubeconfig", kubeconfig, ...args], object);
    assert.notEqual(code, 0, args.join(" "));
    assert.match(stderr, /forbidden/, args.join(" "));
  }
});
