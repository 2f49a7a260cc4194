// podnet by its plain manifest, without Helm: what a person types, on three bare nodes.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
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
import { commandsBelow, questionsOf, runDocCommand, shownBelow } from "../support/doc-commands.ts";
import { labName } from "../support/lab-name.ts";
import { countsOf, monitoredPods } from "../support/monitored-pods.ts";
import { leftInCluster, podnetsIn, untilCollected } from "../support/podnet-objects.ts";
import { scrape } from "../support/scrape.ts";
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

test("kubectl shows networks in the columns that README.md shows, and an operator's pod has the command of docs/plan.md", async () => {
  for (const { command, printed } of shownBelow("README.md", "podnet")) {
    const [head = ""] = (await runDocCommand(lab, command, {})).split("\n");
    assert.deepEqual(head.split(/ +/), printed.split(/ +/));
  }
  const inPods = commandsBelow("docs/plan.md", "Where the command is").filter(([program]) => program === "kubectl");
  for (const command of inPods) {
    const { format, podNetworks }: { format: string; podNetworks: readonly object[] } = JSON.parse(
      await runDocCommand(lab, command, {}),
    );
    assert.deepEqual([format, podNetworks.length], ["podnet-snapshot", 1]);
  }
  assert.equal(inPods.length, 1);
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

test("what is not told to show its metrics shows them to no other host", async () => {
  const targets = await monitoredPods(kubectl);
  assert.deepEqual(countsOf(targets), { agent: 3, operator: 2, webhook: 2 });
  for (const { component, node, addresses, port } of targets) {
    const elsewhere = lab.nodes.find(({ name }) => name !== node) ?? assert.fail();
    assert.ok(await scrape(lab.host(node), "127.0.0.1", port), `${component} on ${node} itself`);
    for (const address of addresses) assert.equal(await scrape(elsewhere, address, port), undefined, `${component} on ${node}`);
  }
});

const logLevels = () =>
  kubectl(
    "get",
    "daemonsets,deployments",
    "--namespace=kube-system",
    '--output=jsonpath={.items[*].spec.template.spec.containers[0].env[?(@.name=="PODNET_LOG_LEVEL")].value}',
  );
/** Name, uid and generation of each definition of a kind. */
const definitions = () =>
  kubectl("get", "customresourcedefinitions", "--output=custom-columns=:.metadata.name,:.metadata.uid,:.metadata.generation");
/** Name and uid of every network, claim and NodeNetwork. */
const objects = () =>
  kubectl("get", "podnetworks,nodesubnets,nodenetworks", "--output=custom-columns=:.kind,:.metadata.name,:.metadata.uid");

/** Types what docs/operations.md has below a heading. */
async function typed(heading: string, replaced: Readonly<Record<string, string>> = {}): Promise<void> {
  for (const command of commandsBelow("docs/operations.md", heading)) await runDocCommand(lab, command, replaced);
}

async function assertPodsTalk(): Promise<void> {
  const [first, second] = await readyPods(lab, "here", 3);
  assert.ok(first && second);
  assert.equal((await askSource(first, second.addresses[0] ?? "")).by, second.name);
}

test("an older manifest rolls back what runs, and leaves the newer definitions of the kinds", async () => {
  const newer = await readFile(manifest, "utf8");
  const withoutBandwidth = newer.replaceAll(/^ +bandwidth: .*\n/gm, "");
  const older = withoutBandwidth.replaceAll('PODNET_LOG_LEVEL, value: "info"', 'PODNET_LOG_LEVEL, value: "debug"');
  assert.ok(withoutBandwidth.length < newer.length);
  const file = join(lab.directory, "podnet-older.yaml");
  await writeFile(file, older);
  const [known, had] = [await definitions(), await objects()];
  assert.equal(await logLevels(), "info info info");
  await typed("Rolling back without Helm", { "podnet-older.yaml": file });
  assert.equal(await logLevels(), "debug debug debug");
  assert.deepEqual([await definitions(), await objects()], [known, had]);
  await assertPodsTalk();
});

test("taken away as docs/operations.md says it leaves the kinds, all their objects and the pods' network, and applied again it takes all of that up", async () => {
  const [known, had] = [await definitions(), await objects()];
  await typed("Uninstalling without Helm");
  await untilCollected(kubectl);
  assert.deepEqual(await podnetsIn(kubectl), leftInCluster);
  assert.deepEqual([await definitions(), await objects()], [known, had]);
  await assertPodsTalk();
  const [apply = []] = commandsBelow("docs/install.md", "Without Helm");
  await runDocCommand(lab, apply, files);
  await kubectl("rollout", "status", "--namespace=kube-system", "daemonset/podnet-cni", "--timeout=60s");
  await kubectl("rollout", "status", "--namespace=kube-system", "deployment/podnet-operator", "--timeout=60s");
  await kubectl("wait", "--for=condition=Ready", "podnetwork/default", "--timeout=60s");
  assert.deepEqual(await objects(), had);
  await assertPodsTalk();
});
