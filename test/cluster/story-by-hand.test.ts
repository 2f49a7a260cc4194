// podnet's story (README.md) with everything that podnet does done by hand: what the lab's nodes, pods and wires are worth.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { numberedAddress, threeNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { applyObject, type Pod, readyPods, testDaemonSet } from "../../lab/pod.ts";
import { askSource, ping } from "../../lab/reach.ts";
import { startSourceServer } from "../../lab/source-server.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { labName } from "../support/lab-name.ts";
import { installPlugins, setUpByHand, subnetsByHand } from "../support/network-by-hand.ts";

const INSTANCE = threeNodes(labName("by-hand"));

let lab: Lab;
let pods: readonly Pod[] = [];

before(async () => {
  lab = await startLab(INSTANCE);
});
after(() => lab?.stop());

async function readyReasons(): Promise<readonly string[]> {
  const path = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
  const { stdout } = await lab.kubectl(["get", "nodes", `--output=jsonpath=${path}`]);
  return stdout.trim().split("\n");
}

test("nodes are there, and not Ready before they have a CNI configuration", async () => {
  assert.deepEqual(await readyReasons(), ["False", "False", "False"]);
});

test("nodes are Ready once they have a CNI configuration and its plugins", async () => {
  for (const node of lab.nodes) {
    await installPlugins(node);
    await setUpByHand(node, lab.nodes);
  }
  const wait = ["wait", "node", "--all", "--for=condition=Ready", "--timeout=60s"];
  assert.equal((await lab.kubectl(wait, { timeoutMs: 70_000 })).code, 0);
});

test("a pod has one address of each of its node's subnets", async () => {
  for (const name of ["story-a", "story-b"]) await applyObject(lab, testDaemonSet(name));
  pods = [...(await readyPods(lab, "story-a", 3)), ...(await readyPods(lab, "story-b", 3))];
  assert.equal(new Set(pods.flatMap((pod) => pod.addresses)).size, 12);
  for (const pod of pods) {
    const prefixes = subnetsByHand(pod.node).map((subnet) => numberedAddress(subnet, 0).slice(0, -1));
    assert.deepEqual(
      pod.addresses.map((address, family) => address.startsWith(prefixes[family] ?? "none")),
      [true, true],
      `${pod.name} on ${pod.node} has ${pod.addresses.join(" ")}`,
    );
  }
});

test("every pod reaches every pod, on its own node and on others, over both families", async () => {
  const everywhere = pods.flatMap((pod) => pod.addresses);
  const pingAll = async (from: Pod): Promise<void> => {
    for (const address of everywhere) {
      const { answered, said } = await ping(from, address);
      assert.ok(answered, `${from.name} on ${from.node} to ${address}: ${said}`);
    }
  };
  await Promise.all(pods.map(pingAll));
});

test("no address is translated between pods: each sees the other's own", async () => {
  const askAll = async (from: Pod): Promise<void> => {
    for (const to of pods.filter((pod) => pod !== from)) {
      for (const [family, address] of to.addresses.entries()) {
        assert.deepEqual(await askSource(from, address), { source: from.addresses[family], by: to.name });
      }
    }
  };
  await Promise.all(pods.map(askAll));
});

test("a pod sees a node by the node's own address", async () => {
  for (const node of lab.nodes) {
    for (const pod of pods.filter((pod) => pod.node !== node.name)) {
      for (const [family, address] of pod.addresses.entries()) {
        assert.deepEqual(await askSource(node, address), { source: node.addresses[family], by: pod.name });
      }
    }
  }
});

test("a host behind the router sees a node by the node's own address", async () => {
  const outside = lab.host("outside");
  await startSourceServer(outside);
  for (const node of lab.nodes) {
    for (const [family, address] of outside.addresses.entries()) {
      assert.equal((await askSource(node, address)).source, node.addresses[family]);
    }
  }
});

test("a Service answers from every node, over both families", async () => {
  const spec = { selector: { app: "story-a" }, ports: [{ port: 80, targetPort: 8080 }], ipFamilyPolicy: "RequireDualStack" };
  await applyObject(lab, { apiVersion: "v1", kind: "Service", metadata: { name: "story-a", namespace: "default" }, spec });
  const { stdout } = await lab.kubectl(["get", "service", "story-a", "--output=jsonpath={.spec.clusterIPs[*]}"]);
  const names = pods.slice(0, 3).map((pod) => pod.name);
  for (const from of pods.slice(3)) {
    for (const [family, address] of stdout.split(" ").entries()) {
      const seen = await waitUntil(`an answer from ${address} in ${from.name}`, 10_000, () =>
        askSource(from, address, 80).catch(() => undefined),
      );
      assert.equal(seen.source, from.addresses[family]);
      assert.ok(names.includes(seen.by), seen.by);
    }
  }
});

test("a deleted pod is gone before its grace period of half a minute is over", async () => {
  const [pod] = pods;
  assert.ok(pod);
  const { code, stderr } = await lab.kubectl(["delete", "pod", pod.name, "--grace-period=30", "--timeout=20s"]);
  assert.equal(code, 0, stderr);
});
