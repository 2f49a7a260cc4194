// podnet as an admin changes it, by the commands of docs/operations.md on real nodes: upgraded from the commit before, rolled back, uninstalled, installed again and removed, while pods talk.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { tellStory } from "../../lab/demo/tell-story.ts";
import { applyObject, type Pod, readyPods, testDaemonSet } from "../../lab/pod.ts";
import { askSource } from "../../lab/reach.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import type { MetricTable } from "../../lib/daemon/metric-table.ts";
import { agentMetrics } from "../../node-agent/metrics.ts";
import { operatorMetrics } from "../../operator/metrics.ts";
import { quietProgress } from "../../tools/progress.ts";
import { webhookMetrics } from "../../webhooks/metrics.ts";
import { underTraffic } from "../support/all-pairs.ts";
import { assertStoppedAt, others, upgradeToBroken } from "../support/broken-agent.ts";
import { commandsBelow, runDocCommand } from "../support/doc-commands.ts";
import { addForeignThings, leaveAsKilled, remainsOf } from "../support/node-remains.ts";
import { assertServes } from "../support/metric-page.ts";
import { countsOf, monitoredPods } from "../support/monitored-pods.ts";
import { elsewhereValues, leaveWithoutServices, lookElsewhere } from "../support/odd-nodes.ts";
import { leftInCluster, podnetsIn, untilCollected } from "../support/podnet-objects.ts";
import {
  agentsIn,
  agentsOf,
  claimsOf,
  nodeWithoutAgent,
  type ReleaseLab,
  startedPod,
  startReleaseLab,
} from "../support/release-lab.ts";
import { scrape } from "../support/scrape.ts";
import { alarmsIn } from "../support/shell-alarm.ts";
import { succeed } from "../support/succeed.ts";

/** Where k3s has what is elsewhere with other distributions, as docs/install.md says. */
const rancher = { cniConfigurations: "/var/lib/rancher/k3s/agent/etc/cni/net.d", cniPlugins: "/var/lib/rancher/k3s/data/cni" };

let on: ReleaseLab;
/** One on each node, which run through all of it. */
let pods: readonly Pod[];
let claims: Record<string, string>;
/** Of node-1. */
let conflist: string;
/** Node → what it had before podnet came. */
const untouched = new Map<string, string>();

const [install = []] = commandsBelow("docs/install.md", "With Helm");
const networks = "podnetwork.podnet.dev/default\npodnetwork.podnet.dev/spare\n";
const kinds = ["podnetworks", "nodesubnets", "nodenetworks", "rangeledgers"];

before(async () => {
  on = await startReleaseLab("upgrade");
  const { lab, before } = on;
  await Promise.all(lab.nodes.map(addForeignThings));
  for (const node of lab.nodes) untouched.set(node.name, await remainsOf(node));
  const start = () => runDocCommand(lab, install, before.replaced);
  ({ pods } = await tellStory(lab, "dual-stack", quietProgress(), start));
  await on.kubectl("patch", "podnetwork", "default", "--type=merge", '--patch={"spec":{"release":{"holdSeconds":2}}}');
  claims = await claimsOf(on);
  assert.equal(Object.keys(claims).length, 6);
});
after(() => on?.stop());

const peerOf = (node: string): Pod => pods.find((pod) => pod.node !== node) ?? assert.fail();

async function assertNothingMoved(): Promise<void> {
  await on.kubectl("wait", "--for=condition=Ready", "podnetwork/default", "--timeout=60s");
  assert.deepEqual(await claimsOf(on), claims);
  assert.deepEqual(
    (await readyPods(on.lab, "here", 3)).map(({ name, addresses }) => [name, addresses]),
    pods.map(({ name, addresses }) => [name, addresses]),
  );
}

/** Starts a pod where an agent is missing just now. */
async function startPodMeanwhile(t: TestContext, name: string): Promise<void> {
  const node = await nodeWithoutAgent(on);
  const ms = await startedPod(on, name, node, peerOf(node));
  t.diagnostic(`a pod on ${node}, whose agent is just being replaced, is ready ${ms} ms after it was made`);
  assert.ok(ms < 20_000);
}

const metricTables: Readonly<Record<string, MetricTable>> = {
  agent: agentMetrics,
  operator: operatorMetrics,
  webhook: webhookMetrics,
};

const operators = ["--namespace=kube-system", "deployment/podnet-operator"];

/** Images of the operators that there are. */
async function operatorImages(): Promise<string> {
  const selector = "--selector=app.kubernetes.io/component=operator";
  const query = "--output=jsonpath={.items[*].spec.containers[0].image}";
  return on.kubectl("get", "pods", "--namespace=kube-system", selector, query);
}

/** Changes everything to an image but the operators, which stay of the other one, as Helm leaves alone what is paused; once the agents have changed, a node joins and a pod starts. */
async function changeAgentsFirst(t: TestContext, change: () => Promise<void>, to: string, from: string): Promise<void> {
  await on.kubectl("rollout", "pause", ...operators);
  await Promise.all([
    change(),
    (async () => {
      await startPodMeanwhile(t, `while-to-${to.split(":")[1]}`);
      await agentsOf(on, to);
      assert.equal(await operatorImages(), `${from} ${from}`);
      await joinAndLeave();
      await startedPod(on, `beside-${to.split(":")[1]}`, "node-3", peerOf("node-3"));
    })(),
  ]);
}

/** A Node comes, without a kubelet, gets its subnets and a route from every node, and goes. */
async function joinAndLeave(): Promise<void> {
  const name = "node-9";
  const taints = [{ key: "example.com/none", effect: "NoSchedule" }];
  const file = join(on.lab.directory, "node-9.json");
  await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "Node", metadata: { name }, spec: { taints } }));
  await on.kubectl("create", "-f", file);
  const addresses = ["192.168.1.19", "fd00:192:168:1::19"].map((address) => ({ type: "InternalIP", address }));
  const patch = JSON.stringify({ status: { addresses } });
  await on.kubectl("patch", "node", name, "--subresource=status", "--type=merge", `--patch=${patch}`);
  await Promise.all(
    on.lab.nodes.map((node) =>
      waitUntil(`a route from ${node.name} to the node that joined, in both families`, 30_000, async () => {
        const routes = await Promise.all(["-4", "-6"].map((family) => node.run(["ip", family, "route", "show", "proto", "244"])));
        const nexthops = (await node.run(["ip", "nexthop", "show"])).stdout;
        const [v4, v6] = routes.map(({ stdout }) => stdout.split("\n").filter((line) => line !== "").length);
        return (
          (nexthops.includes("192.168.1.19 ") && nexthops.includes("fd00:192:168:1::19 ") && v4 === 3 && v6 === 3) || undefined
        );
      }),
    ),
  );
  await on.kubectl("delete", "node", name);
  const there = ["--namespace=kube-system", `--field-selector=spec.nodeName=${name}`];
  await on.kubectl("delete", "pods", ...there, "--force", "--grace-period=0");
}

test("an upgrade from the commit before loses no packet, pods start meanwhile, and the definitions of the kinds come along", async (t) => {
  await underTraffic(t, on.lab, pods, async () => {
    const began = performance.now();
    await Promise.all([on.follow("Upgrading"), startPodMeanwhile(t, "while-upgraded")]);
    t.diagnostic(`helm upgrade --wait: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  });
  await agentsOf(on, on.now.image);
  await assertNothingMoved();
  for (const kind of kinds)
    assert.match(
      await on.kubectl("get", "crd", `${kind}.podnet.dev`, "--show-managed-fields", "--output=yaml"),
      /manager: podnet-crds$/m,
    );
  const left = "jobs,serviceaccounts,clusterroles,clusterrolebindings";
  assert.doesNotMatch(await on.kubectl("get", left, "--all-namespaces", "--output=name"), /podnet-crds/);
});

test("from another host, and from a pod, Prometheus reads the metrics of all three processes where the PodMonitor says, each as its table has them", async () => {
  const targets = await monitoredPods(on.kubectl);
  assert.deepEqual(countsOf(targets), { agent: 3, operator: 2, webhook: 2 });
  for (const { component, node, addresses, port } of targets) {
    const elsewhere = on.lab.nodes.find(({ name }) => name !== node) ?? assert.fail();
    assert.equal(addresses.length, 2);
    const pages = [
      ...addresses.map((address) => scrape(elsewhere, address, port)),
      scrape(peerOf(node), addresses[0] ?? "", port),
    ];
    for (const page of await Promise.all(pages)) {
      assert.ok(page, `${component} on ${node}`);
      assertServes(page, metricTables[component] ?? assert.fail(component));
      assert.match(page, new RegExp(`^podnet_build_info\\{.*component="${component}"`, "m"));
    }
  }
});

test("a rollback under newer operators loses no packet; meanwhile these serve older agents, a node that joins and a pod that starts", async (t) => {
  await underTraffic(t, on.lab, pods, async () => {
    await changeAgentsFirst(t, () => on.follow("Rolling back"), on.before.image, on.now.image);
    await on.kubectl("rollout", "resume", ...operators);
    await on.kubectl("rollout", "status", ...operators, "--timeout=60s");
  });
  await assertNothingMoved();
});

test("newer agents under older operators lose no packet, serve a node that joins and a pod that starts", async (t) => {
  await underTraffic(t, on.lab, pods, () => changeAgentsFirst(t, () => on.follow("Upgrading"), on.now.image, on.before.image));
  await assertNothingMoved();
});

test("an agent that never becomes ready stops its rollout at one node: the others keep theirs, running pods lose nothing, new ones start on every node, and a rollback mends it", async (t) => {
  const had = await agentsIn(on);
  await underTraffic(t, on.lab, pods, async () => {
    const node = await upgradeToBroken(on);
    await Promise.all(on.lab.nodes.map(({ name }) => startedPod(on, `beside-broken-${name}`, name, peerOf(name))));
    await assertStoppedAt(on, node, had);
    await on.follow("Rolling back");
    await agentsOf(on, on.now.image);
    assert.deepEqual(others(node, await agentsIn(on)), others(node, had));
  });
  await assertNothingMoved();
});

test("no process of podnet ran a shell in all that, and would have been found out", async () => {
  assert.deepEqual(await alarmsIn(on.kubectl), []);
  const names = ["daemonset/podnet-cni", "deployment/podnet-operator", "deployment/podnet-webhook"];
  for (const name of names) {
    const { code } = await on.lab.kubectl(["exec", "--namespace=kube-system", name, "--", "/bin/sh", "-c", name]);
    assert.equal(code, 127, name);
  }
  const alarms = await alarmsIn(on.kubectl);
  assert.equal(alarms.length, names.length, alarms.join("\n"));
  for (const name of names)
    assert.ok(
      alarms.some((line) => line.endsWith(`/bin/sh -c ${name}`)),
      name,
    );
});

test("without podnet pods stay connected and new ones start; what remains is what docs/operations.md says", async (t) => {
  await underTraffic(t, on.lab, pods, async () => {
    await on.follow("Uninstalling, and installing again");
    await untilCollected(on.kubectl);
    const ms = await startedPod(on, "unattended", "node-2", peerOf("node-2"));
    t.diagnostic(`a pod without podnet is ready after ${ms} ms`);
  });
  assert.deepEqual(await claimsOf(on), claims);
  assert.equal(await on.kubectl("get", "podnetworks", "--output=name"), networks);
  assert.deepEqual(await podnetsIn(on.kubectl), leftInCluster);
  const node = on.lab.host("node-1");
  conflist = await succeed(node.run(["cat", "/etc/cni/net.d/10-podnet.conflist"]));
  const remains = await remainsOf(node);
  for (const what of [/ cni0 /, /^10\.244\.2\.0\/24 nhid .* proto 244/m, /^table inet podnet$/m, /10-podnet\.conflist$/m])
    assert.match(remains, what);
  for (const what of [/\/opt\/cni\/bin\/host-local$/m, /\/var\/lib\/podnet\/journal\.json$/m]) assert.match(remains, what);
});

test("installed again it takes up the same subnets, and no packet is lost", async (t) => {
  await underTraffic(t, on.lab, pods, async () => {
    await runDocCommand(on.lab, install, on.now.replaced);
    await startedPod(on, "taken-up", "node-1", peerOf("node-1"));
  });
  assert.equal(await on.kubectl("get", "podnetworks", "--output=name"), networks);
  await assertNothingMoved();
});

test("removed for good it leaves nothing in the cluster or on a node, and takes nothing of others along", async () => {
  const all = ["--all", "--namespace=default", "--wait"];
  await on.kubectl("delete", "daemonsets,pods", ...all, "--timeout=60s");
  const manifest = join(on.lab.directory, "cleanup.yaml");
  const text = await readFile(join(import.meta.dirname, "../../deploy/cleanup.yaml"), "utf8");
  await writeFile(manifest, text.replaceAll(/image: .*/g, `image: ${on.now.image}`));
  await on.kubectl("delete", "podnetwork", "spare", "--timeout=60s");
  const killed = on.lab.host("node-1");
  await on.follow("Removing podnet for good", { ...on.now.replaced, "deploy/cleanup.yaml": manifest }, async (command) => {
    if (command === "kubectl apply -f deploy/cleanup.yaml") await leaveAsKilled(killed, conflist);
  });
  await untilCollected(on.kubectl);
  assert.deepEqual(await podnetsIn(on.kubectl), []);
  const ofNodes = "--output=jsonpath={.items[*].status.conditions[*].type} {.items[*].spec.taints[*].key}";
  assert.doesNotMatch(await on.kubectl("get", "nodes", ofNodes), /NetworkUnavailable|network-unavailable|podnet/);
  for (const node of on.lab.nodes) assert.equal(await remainsOf(node), untouched.get(node.name), node.name);
});

test("without kube-proxy, and where the runtime looks as that of k3s does, nodes become Ready and pods talk by an installation that says where the API server is", async (t) => {
  await Promise.all(on.lab.nodes.map((node) => leaveWithoutServices(on.lab, node)));
  await Promise.all(on.lab.nodes.map((node) => lookElsewhere(on.lab, node, rancher)));
  await on.kubectl("wait", "--for=condition=Ready=false", "nodes", "--all", "--timeout=60s");
  const values = join(on.lab.directory, "elsewhere.json");
  await writeFile(values, JSON.stringify(await elsewhereValues(on, rancher)));
  const began = performance.now();
  await runDocCommand(on.lab, install, { ...on.now.replaced, "values.yaml": values });
  await on.kubectl("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s");
  t.diagnostic(`helm install and three Ready nodes, without kube-proxy: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  await applyObject(on.lab, testDaemonSet("here"));
  const [first, second] = await readyPods(on.lab, "here", 3);
  assert.ok(first && second);
  for (const address of second.addresses) assert.equal((await askSource(first, address)).by, second.name);
  for (const node of on.lab.nodes) {
    assert.ok((await succeed(node.run(["ls", rancher.cniConfigurations]))).includes("10-podnet.conflist"));
    assert.ok(!(await succeed(node.run(["ls", "/etc/cni/net.d"]))).includes("podnet"));
  }
});
