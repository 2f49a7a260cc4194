// podnet by its plain manifest, without Helm: what a person types, on three bare nodes.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { threeNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { applyObject, readyPods, testDaemonSet } from "../../lab/pod.ts";
import { askSource } from "../../lab/reach.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { provideImage } from "../../tools/image/provide-image.ts";
import { quietProgress } from "../../tools/progress.ts";
import { commandsBelow, questionsOf, runDocCommand } from "../support/doc-commands.ts";
import { labName } from "../support/lab-name.ts";
import { succeed } from "../support/succeed.ts";

const root = join(import.meta.dirname, "../..");
const manifest = join(root, "deploy/podnet.yaml");
/** As docs/install.md names them → where they are. */
const files = { "deploy/podnet.yaml": manifest, "examples/three-nodes.yaml": join(root, "examples/three-nodes.yaml") };

let lab: Lab;

before(async () => {
  const { archive } = await provideImage(quietProgress());
  lab = await startLab(threeNodes(labName("manifest")), { imageArchives: [archive] });
});
after(() => lab?.stop());

const kubectl = (...args: readonly string[]) => succeed(lab.kubectl(args));

test("applied to three nodes as docs/install.md says, and a network at once after it: nothing is refused, nodes become Ready, all of podnet runs, pods reach pods", async (t) => {
  const began = performance.now();
  for (const command of commandsBelow("docs/install.md", "Without Helm")) await runDocCommand(lab, command, files);
  await kubectl("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s");
  t.diagnostic(`from the first apply to three Ready nodes: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  for (const workload of ["daemonset/podnet-cni", "deployment/podnet-operator", "deployment/podnet-webhook"])
    await kubectl("rollout", "status", "--namespace=kube-system", workload, "--timeout=60s");
  await applyObject(lab, testDaemonSet("here"));
  const [first, second] = await readyPods(lab, "here", 3);
  assert.ok(first && second);
  assert.equal((await askSource(first, second.addresses[0] ?? "")).by, second.name);
});

test("whatever the pages ask a cluster has an answer", async () => {
  // As the pages have it, of a larger cluster.
  const names = { NODE: "node-1", NAME: "default" };
  const own = (words: readonly string[]) => words.map((word) => (word === "10.244.7.0-24" ? "10.244.1.0-24" : word));
  const named = (words: readonly string[]) => words.map((word) => (word === "NODE" || word === "NAME" ? names[word] : word));
  const asked = ["docs/operations.md", "docs/troubleshooting.md", "docs/runbooks.md"].flatMap((page) => questionsOf(page, names));
  const first = commandsBelow("docs/runbooks.md", "What to do when an alert fires").map(named);
  const commands = [...asked, ...first, ...commandsBelow("docs/operations.md", "Backup")];
  assert.ok(commands.length > 12, `${commands.length}`);
  const answers = await Promise.all(commands.map((command) => runDocCommand(lab, own(command), {})));
  // What a network waits for is nothing here.
  const silent = commands.filter((command, index) => answers[index] === "" && !command.join(" ").includes("blockedBy"));
  assert.deepEqual(silent, []);
});

test("then the webhook judges, and applying the manifest once more changes nothing that runs", async () => {
  const overlapping = { apiVersion: "podnet.dev/v1alpha1", kind: "PodNetwork", metadata: { name: "second" } };
  const spec = { ranges: [{ cidr: "10.244.64.0/18", nodePrefixLength: 24 }] };
  await waitUntil("the webhook to refuse", 30_000, async () => {
    const stdin = JSON.stringify({ ...overlapping, spec });
    const { stderr } = await lab.kubectl(["create", "--dry-run=server", "--filename=-"], { stdin });
    return stderr.includes("choose a range that is free") || undefined;
  });
  const generations = () =>
    kubectl("get", "daemonsets,deployments", "--namespace=kube-system", "--output=jsonpath={.items[*].metadata.generation}");
  const before = await generations();
  await kubectl("apply", "--server-side", `--filename=${manifest}`);
  assert.equal(await generations(), before);
});
