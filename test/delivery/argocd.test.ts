// podnet run from Git by a real Argo CD, on real kubelets: as a hub brings it to a fresh cluster, through what becomes of its networks, to the adoption of what Helm installed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type Application,
  type ApplicationStatus,
  isSyncedAndHealthy,
  readApplication,
  refreshApplication,
  untilApplication,
} from "../../lab/argocd/application.ts";
import type { GitRepository } from "../../lab/argocd/git-repository.ts";
import { argocdNamespace } from "../../lab/argocd/install-argocd.ts";
import type { Lab } from "../../lab/lab.ts";
import { applyObject, readyPods, testDaemonSet } from "../../lab/pod.ts";
import { installPodnet, valuesOf } from "../../lab/podnet/install-podnet.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import type { PodNetwork } from "../../crds/types.ts";
import { quietProgress } from "../../tools/progress.ts";
import { commandsBelow, runDocCommand } from "../support/doc-commands.ts";
import { churnFaults, churnUnderArgocd, counted } from "../support/gitops-churn.ts";
import { type GitopsLab, inLab, installFromHub, networkFiles, readManifest, startGitopsLab } from "../support/gitops-lab.ts";
import { kstatusOf } from "../support/kstatus.ts";
import { labName } from "../support/lab-name.ts";
import { succeed } from "../support/succeed.ts";

let gitops: GitopsLab;
let lab: Lab;
let platform: GitRepository;

const networks = "fresh-pod-networks";
const first = { cidr: "10.244.0.0/16", nodePrefixLength: 24 };
const second = { cidr: "10.245.0.0/16", nodePrefixLength: 24 };
const spec = { ranges: [first], release: { holdSeconds: 1 }, rollout: { maxUnavailableNodes: "100%" } };
/** Of nodes that there are none of at first, and room for one of them. */
const edge = {
  priority: 1,
  ranges: [{ cidr: "10.250.0.0/24", nodePrefixLength: 24 }],
  nodeSelector: { matchLabels: { pool: "edge" } },
};

before(async () => {
  gitops = await startGitopsLab(labName("argocd"), quietProgress());
  ({ lab } = gitops);
  platform = gitops.argocd.repository("platform");
});
after(() => lab?.stop());

const read = (args: readonly string[]): Promise<string> => succeed(lab.kubectl(args));

/** Types what docs/gitops.md has below a heading. */
async function typed(heading: string): Promise<void> {
  for (const command of commandsBelow("docs/gitops.md", heading)) await runDocCommand(lab, command, {});
}

/** Merges a change of networks, and has Argo CD look at once. */
async function merge(
  message: string,
  specs: Readonly<Record<string, object | undefined>>,
  annotations?: object,
): Promise<string> {
  const commit = await platform.commit(message, networkFiles(specs, annotations));
  await refreshApplication(lab, networks);
  return commit;
}

async function untilApplied(commit: string): Promise<ApplicationStatus> {
  return untilApplication(
    lab,
    networks,
    `${commit} Synced and Healthy`,
    (status) =>
      isSyncedAndHealthy(status) && status.sync?.revision === commit && status.operationState?.syncResult?.revision === commit,
  );
}

async function network(name: string): Promise<PodNetwork> {
  return JSON.parse(await read(["get", "podnetwork", name, "--output=json"]));
}

/** Whether a status says that the network is in this health, and why. */
function says(name: string, health: string, reason: RegExp): (status: ApplicationStatus) => boolean {
  return ({ resources = [] }) =>
    resources.some((one) => one.name === name && one.health?.status === health && reason.test(one.health.message ?? ""));
}

/** What the newest sync says of itself and of each object. */
function wordsOf({ operationState }: ApplicationStatus): string {
  const ofObjects = operationState?.syncResult?.resources?.map(({ message }) => message ?? "") ?? [];
  return [operationState?.message ?? "", ...ofObjects].join("\n");
}

function hasRecovered(status: ApplicationStatus): boolean {
  return isSyncedAndHealthy(status) && status.operationState?.phase === "Succeeded";
}

/** Gives how healthy the first wave is when the second one begins. */
function untilSecondWave(): Promise<string> {
  return waitUntil(
    "the second wave",
    150_000,
    async () => {
      const { items }: { readonly items: readonly Application[] } = JSON.parse(
        await read(["get", "applications", `--namespace=${argocdNamespace}`, "--output=json"]),
      );
      const healthOf = (name: string) =>
        items.find(({ metadata }) => metadata.name === name)?.status?.health?.status ?? "unknown";
      return items.some(({ metadata }) => metadata.name === networks) ? healthOf("fresh-podnet") : undefined;
    },
    300,
  );
}

test("a hub brings podnet to a fresh cluster, then its networks, and then every node is Ready", async () => {
  const nodesReady = ["get", "nodes", "--output=jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}"];
  assert.equal(await read(nodesReady), "False False False");
  const [healthOfFirst] = await Promise.all([untilSecondWave(), installFromHub(gitops, { default: spec, edge })]);
  assert.equal(healthOfFirst, "Healthy");
  await read(["wait", "--for=condition=Ready", "nodes", "--all", "--timeout=30s"]);
  const second = await readApplication(lab, networks);
  assert.ok(second?.status);
  assert.deepEqual(
    second.status.resources?.map(({ kind, name }) => `${kind} ${name}`),
    ["PodNetwork default", "PodNetwork edge"],
  );
  assert.equal(kstatusOf(await network("default")), "Current");
  assert.equal(kstatusOf(await network("edge")), "Current");
  await applyObject(lab, testDaemonSet("one"));
  await readyPods(lab, "one", 3);
});

test("nodes come and go for a minute: the networks are Synced and Healthy all the while, and Argo CD heals nothing", async () => {
  const generation = (await network("default")).metadata.generation;
  const churn = await churnUnderArgocd({ lab, argocd: gitops.argocd, application: networks, ms: 60_000, returnEveryMs: 120_000 });
  assert.deepEqual(churnFaults(churn), [], JSON.stringify(churn));
  assert.equal((await network("default")).metadata.generation, generation);
});

test("what a hand changes in a network is healed, so Argo CD was looking", async () => {
  const before = await counted(gitops.argocd, networks);
  await read(["patch", "podnetwork", "default", "--type=merge", '--patch={"spec":{"release":{"holdSeconds":7}}}']);
  await waitUntil(
    "Argo CD to heal it",
    30_000,
    async () => (await network("default")).spec.release.holdSeconds === 1 || undefined,
    200,
  );
  await untilApplication(lab, networks, "healed", isSyncedAndHealthy);
  assert.equal((await counted(gitops.argocd, networks)).syncs, before.syncs + 1);
});

test("a network that has no subnet for a node is Degraded with the reason, until a range is added in Git", async () => {
  const edgeNode = (name: string) => ({ apiVersion: "v1", kind: "Node", metadata: { name, labels: { pool: "edge" } } });
  await applyObject(lab, { apiVersion: "v1", kind: "List", items: ["node-81", "node-82"].map(edgeNode) });
  const degraded = await untilApplication(lab, networks, "Degraded", says("edge", "Degraded", /^RangeExhausted: node-8[12]: /));
  assert.deepEqual([degraded.sync?.status, degraded.health?.status], ["Synced", "Degraded"]);
  assert.equal(kstatusOf(await network("edge")), "Failed");
  const more = { ...edge, ranges: [...edge.ranges, { cidr: "10.251.0.0/24", nodePrefixLength: 24 }] };
  const commit = await merge("room for more nodes", { edge: more });
  await untilApplication(lab, networks, "Progressing", says("edge", "Progressing", /^Programming: /));
  assert.equal(kstatusOf(await network("edge")), "InProgress");
  await read(["delete", "nodes", "node-81", "node-82"]);
  await untilApplied(commit);
});

test("a network that podnet refuses fails the sync with podnet's words, and a revert recovers", async () => {
  const overlapping = { ranges: [{ cidr: "10.244.0.0/14", nodePrefixLength: 24 }] };
  const services = { ranges: [{ cidr: "10.96.0.0/14", nodePrefixLength: 24 }] };
  await merge("two networks too many", { overlapping, services });
  const isRefused = ({ operationState }: ApplicationStatus) => /denied/.test(operationState?.message ?? "");
  const words = wordsOf(await untilApplication(lab, networks, "refused", isRefused));
  assert.match(
    words,
    /spec\.ranges 10\.244\.0\.0\/14 overlap PodNetwork\/default \(10\.244\.0\.0\/16\); choose a range that is free/,
  );
  assert.match(words, /podnet-no-service-overlap.*spec\.ranges 10\.96\.0\.0\/14 overlap \S+ of ServiceCIDR\/kubernetes;/);
  await platform.revert();
  await refreshApplication(lab, networks);
  await untilApplication(lab, networks, "recovered", hasRecovered);
  assert.equal((await lab.kubectl(["get", "podnetwork", "overlapping"])).code, 1);
});

test("a network whose nodes move from one range to another is Progressing until the last one has", async () => {
  const ranges = [{ ...first, state: "Draining" }, second];
  const commit = await merge("away from the first range", { default: { ...spec, ranges } });
  const moving = await untilApplication(lab, networks, "Progressing", says("default", "Progressing", /^Draining: .*node-/));
  assert.equal(moving.sync?.status, "Synced");
  assert.equal(moving.health?.status, "Progressing");
  assert.equal(kstatusOf(await network("default")), "InProgress");
  await read(["delete", "pods", "--selector=app=one", "--now"]);
  await untilApplied(commit);
  assert.equal(kstatusOf(await network("default")), "Current");
});

test("a network that pods use is pruned neither without a word in Argo CD nor without one in Git, and each says so", async () => {
  await merge("no network any more", { default: undefined });
  const asking = await untilApplication(lab, networks, "asking", ({ operationState }) =>
    /confirmation/.test(operationState?.message ?? ""),
  );
  assert.match(wordsOf(asking), /^Waiting for pruning confirmation of podnet\.dev\/v1alpha1\/PodNetwork\/default/);
  await typed("Removing a network");
  const held = await untilApplication(lab, networks, "held", (status) => /in use/.test(wordsOf(status)));
  assert.match(
    wordsOf(held),
    /denied the request: .*PodNetwork\/default is in use; 3 nodes have pods in it: .*podnet\.dev\/confirm-delete=default/,
  );
  assert.equal((await network("default")).metadata.deletionTimestamp, undefined);
  await platform.revert();
  await refreshApplication(lab, networks);
  await untilApplication(lab, networks, "recovered", hasRecovered);
});

test("a network that Git confirms is pruned, serves its pods to the last, and is Progressing until then", async () => {
  await untilApplied(
    await merge("it may go", { default: { ...spec, ranges: [second] } }, { "podnet.dev/confirm-delete": "default" }),
  );
  await merge("it goes", { default: undefined });
  await untilApplication(lab, networks, "asking", ({ operationState }) => /confirmation/.test(operationState?.message ?? ""));
  await typed("Removing a network");
  await untilApplication(lab, networks, "going", says("default", "Progressing", /deletion/));
  assert.equal(kstatusOf(await network("default")), "Terminating");
  await read(["delete", "daemonset", "one"]);
  await read(["wait", "--for=delete", "podnetwork/default", "--timeout=40s"]);
  await untilApplication(lab, networks, "without it", isSyncedAndHealthy);
});

test("what Helm installed is adopted without a difference: Synced and Healthy before Argo CD did anything", async () => {
  await removeFreshPodnet();
  const installation = { ...gitops.installation, networks: { default: spec } };
  await installPodnet(lab, installation);
  await succeed(
    lab.kubectl(["apply", "-f", "-"], { stdin: JSON.stringify(inLab(readManifest("adopt.yaml"), valuesOf(installation))) }),
  );
  const adopted = await untilApplication(
    lab,
    "podnet",
    "compared",
    ({ sync, health }) => sync !== undefined && health?.status === "Healthy",
  );
  assert.equal(adopted.sync?.status, "Synced", JSON.stringify(adopted.resources?.filter(({ status }) => status !== "Synced")));
  assert.equal(adopted.operationState, undefined);
});

/** As docs/gitops.md takes podnet off a cluster. */
async function removeFreshPodnet(): Promise<void> {
  await read(["delete", "application", "fresh", networks, `--namespace=${argocdNamespace}`]);
  await typed("Removing podnet");
  await read(["wait", "--for=delete", "validatingwebhookconfiguration/podnet", "--timeout=30s"]);
}
