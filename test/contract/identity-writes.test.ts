// What podnet's identities may write where RBAC alone would let them write more.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { waitUntil } from "../../lab/wait-until.ts";
import { agentOnNode1, type IdentityLab, startIdentityLab } from "../support/identity-lab.ts";
import type { RawAnswer, RawApi, RawRequest } from "../support/raw-api.ts";

let on: IdentityLab;

before(async () => {
  on = await startIdentityLab("identity-writes");
});
after(() => on?.lab.stop());

const statusOf = (node: string) => `/apis/podnet.dev/v1alpha1/nodenetworks/${node}/status`;

function patchOf(path: string, body: object): RawRequest {
  return { method: "PATCH", path, body, contentType: "application/merge-patch+json" };
}

/** What the API server said to a status of this node's. */
function report(api: RawApi, node: string): Promise<RawAnswer> {
  return api.send(patchOf(statusOf(node), { status: { mtu: 1400 } }));
}

test("an agent's token writes the status of its own node's NodeNetwork, whether it is bound to the Node or to a pod there, and no other", async () => {
  for (const bound of ["Node/node-1", "Pod/agent-on-node-1"])
    await on.as("podnet-agent", bound, async (api) => {
      const other = await waitUntil("the policy to be in force", 20_000, async () => {
        const answer = await report(api, "node-2");
        return answer.status === 200 ? undefined : answer;
      });
      assert.equal(other.status, 403);
      assert.match(
        other.text,
        /the agent of node-1 may write the status of NodeNetwork\/node-1 only, not of NodeNetwork\/node-2/,
      );
      assert.deepEqual((await report(api, "node-1")).status, 200, bound);
    });
});

test("an agent's token that is bound to no node, or to a Node that is gone, writes nothing", async () => {
  await on.as("podnet-agent", undefined, async (api) => {
    const { status, text } = await report(api, "node-1");
    assert.equal(status, 403);
    assert.match(text, /this token is bound to no node/);
  });
  await on.must(["create", "-f", "-"], { apiVersion: "v1", kind: "Node", metadata: { name: "node-9" } });
  await on.as("podnet-agent", "Node/node-9", async (api) => {
    assert.equal((await api.send({ method: "GET", path: "/apis/podnet.dev/v1alpha1/nodesubnets" })).status, 200);
    await on.must(["delete", "node", "node-9"]);
    await waitUntil(
      "the token to be no longer good",
      30_000,
      async () => (await report(api, "node-9")).status === 401 || undefined,
    );
  });
});

test("by its status an agent changes nothing else of its NodeNetwork: neither spec nor labels, annotations, finalizers, owners", async () => {
  const read = async () => {
    const { metadata, spec } = JSON.parse(await on.must(["get", "nodenetwork", "node-1", "--output=json"]));
    const { resourceVersion: _, managedFields: __, ...rest } = metadata;
    return { metadata: rest, spec };
  };
  const before = await read();
  const owner = { apiVersion: "v1", kind: "Node", name: "node-1", uid: "00000000-0000-4000-8000-000000000000" };
  const metadata = { labels: { a: "b" }, annotations: { a: "b" }, finalizers: ["example.com/a"], ownerReferences: [owner] };
  await on.as(...agentOnNode1, async (api) => {
    const body = { metadata, spec: { configGeneration: 99 }, status: { mtu: 1399 } };
    assert.equal((await api.send(patchOf(statusOf("node-1"), body))).status, 200);
    for (const part of [{ spec: { configGeneration: 99 } }, { metadata }])
      assert.equal((await api.send(patchOf(statusOf("node-1").replace("/status", ""), part))).status, 403);
  });
  assert.deepEqual(await read(), before);
  assert.equal(await on.must(["get", "nodenetwork", "node-1", "--output=jsonpath={.status.mtu}"]), "1399");
});

test("of a Node itself the operator takes away startup taints, and writes nothing else", async () => {
  const node = "/api/v1/nodes/node-1";
  const startup = { key: "podnet.dev/not-programmed", effect: "NoSchedule" };
  const other = { key: "example.com/gpu", effect: "NoSchedule" };
  await on.must(["taint", "nodes", "node-1", ...[startup, other].map(({ key, effect }) => `${key}=:${effect}`)]);
  const { spec } = JSON.parse(await on.must(["get", "node", "node-1", "--output=json"]));
  const without = (gone: { readonly key: string }) => spec.taints.filter(({ key }: { key: string }) => key !== gone.key);
  await on.as("podnet-operator", undefined, async (api) => {
    const tried = { ...patchOf(node, { metadata: { labels: { a: "b" } } }), query: { dryRun: "All" } };
    await waitUntil("the policy to be in force", 20_000, async () => (await api.send(tried)).status === 403 || undefined);
    for (const body of [
      { metadata: { labels: { a: "b" } } },
      { metadata: { annotations: { a: "b" } } },
      { metadata: { finalizers: ["example.com/a"] } },
      { spec: { unschedulable: true } },
      { spec: { podCIDR: "10.244.1.0/24", podCIDRs: ["10.244.1.0/24"] } },
      { spec: { providerID: "other://1" } },
      { spec: { taints: null } },
      { spec: { taints: without(other) } },
      { spec: { taints: [...spec.taints, { key: "example.com/more", effect: "NoExecute" }] } },
      { spec: { taints: [{ ...startup, effect: "NoExecute" }, ...without(startup)] } },
    ]) {
      const { status, text } = await api.send(patchOf(node, body));
      assert.equal(status, 403, JSON.stringify(body));
      assert.match(text, /the operator takes startup taints of podnet off Node\/node-1, and changes nothing else of it/);
    }
    assert.equal((await api.send(patchOf(node, { spec: { taints: without(startup) } }))).status, 200);
  });
});

const nodeStatus = "/api/v1/nodes/node-1/status";
const strategic = "application/strategic-merge-patch+json";

/** What the operator writes, in both ways that it has. */
function unavailable(status: "True" | "False"): RawRequest {
  const condition = { type: "NetworkUnavailable", status, reason: "Test", message: "" };
  const time = "2026-11-24T12:00:00Z";
  const conditions = [{ ...condition, lastHeartbeatTime: time, lastTransitionTime: time }];
  const body = { apiVersion: "v1", kind: "Node", metadata: { name: "node-1" }, status: { conditions } };
  const query = { fieldManager: "podnet-operator", force: true };
  return { method: "PATCH", path: nodeStatus, query, body, contentType: "application/apply-patch+yaml" };
}

function statusPatch(body: object): RawRequest {
  return { method: "PATCH", path: nodeStatus, body, contentType: strategic };
}

test("of a Node's status the operator writes its one condition, wherever that stands, and nothing else", async () => {
  const kubelets = {
    addresses: [{ type: "InternalIP", address: "192.168.1.11" }],
    capacity: { cpu: "4", pods: "110" },
    allocatable: { cpu: "4" },
    nodeInfo: { machineID: "a" },
    conditions: ["Ready", "MemoryPressure"].map((type) => ({ type, status: "False", reason: "Test" })),
  };
  const patch = ["patch", "node", "node-1", "--subresource=status", "--type=strategic"];
  await on.must([...patch, `--patch=${JSON.stringify({ status: kubelets })}`]);
  const conditions = async (): Promise<string[]> => {
    const { status } = JSON.parse(await on.must(["get", "node", "node-1", "--output=json"]));
    return status.conditions.map(({ type, status: is }: { type: string; status: string }) => `${type} ${is}`).toSorted();
  };
  const others = (await conditions()).filter((one) => !one.startsWith("NetworkUnavailable"));
  await on.as("podnet-operator", undefined, async (api) => {
    const tried = { ...statusPatch({ metadata: { labels: { a: "b" } } }), query: { dryRun: "All" } };
    await waitUntil("the policy to be in force", 20_000, async () => (await api.send(tried)).status === 403 || undefined);
    for (const body of [
      { status: { conditions: [{ type: "Ready", status: "True" }] } },
      { status: { conditions: [{ type: "Ready", reason: "Other" }] } },
      { status: { conditions: [{ type: "MemoryPressure", $patch: "delete" }] } },
      { status: { conditions: [{ type: "PIDPressure", status: "True" }] } },
      { status: { conditions: null } },
      { status: { addresses: [{ type: "InternalIP", address: "192.168.1.66" }] } },
      { status: { addresses: null } },
      { status: { capacity: { pods: "0" } } },
      { status: { capacity: { "example.com/gpu": "8" } } },
      { status: { allocatable: { pods: "0" } } },
      { status: { phase: "Terminated" } },
      { status: { nodeInfo: { machineID: "b" } } },
      { status: null },
      { metadata: { labels: { a: "b" } } },
      { metadata: { annotations: { a: "b" } } },
      { metadata: { finalizers: ["example.com/a"] } },
      { metadata: { ownerReferences: [{ apiVersion: "v1", kind: "Node", name: "node-2", uid: "u" }] } },
    ]) {
      const { status, text } = await api.send(statusPatch(body));
      assert.equal(status, 403, `${JSON.stringify(body)}: ${text}`);
      assert.match(
        text,
        /the operator writes the condition NetworkUnavailable of Node\/node-1 by its status, and changes nothing/,
      );
    }
    for (const status of ["True", "False"] as const) {
      assert.deepEqual((await api.send(unavailable(status))).status, 200);
      assert.deepEqual(await conditions(), [...others, `NetworkUnavailable ${status}`].toSorted());
      // The kubelet adds a condition behind ours, and moves on.
      const added = { type: `Behind${status}`, status: "True", reason: "Test" };
      await on.must([...patch, `--patch=${JSON.stringify({ status: { conditions: [added] } })}`]);
      others.push(`${added.type} True`);
    }
    const gone = { status: { conditions: [{ type: "NetworkUnavailable", $patch: "delete" }] } };
    assert.equal((await api.send(statusPatch(gone))).status, 200);
    assert.deepEqual(await conditions(), others.toSorted());
  });
});

test("the operator cannot write what people want, and no finalizer but its own", async () => {
  const network = "/apis/podnet.dev/v1alpha1/podnetworks/default";
  const theirs = ["example.com/first", "example.com/second"];
  const finalizers = { metadata: { finalizers: theirs } };
  await on.must(["patch", "podnetwork", "default", "--type=merge", `--patch=${JSON.stringify(finalizers)}`]);
  await on.as("podnet-operator", undefined, async (api) => {
    const tried = { ...patchOf(network, { metadata: { labels: { a: "b" } } }), query: { dryRun: "All" } };
    await waitUntil(
      "the operator's policy to be in force",
      20_000,
      async () => (await api.send(tried)).status === 403 || undefined,
    );
    for (const body of [
      { spec: { priority: 7 } },
      { metadata: { labels: { a: "b" } } },
      { metadata: { annotations: { a: "b" } } },
      { metadata: { ownerReferences: [{ apiVersion: "v1", kind: "Node", name: "node-2", uid: "u" }] } },
      { metadata: { finalizers: [...theirs, "example.com/more"] } },
      { metadata: { finalizers: ["podnet.dev/claims"] } },
      { metadata: { finalizers: null } },
    ]) {
      const { status, text } = await api.send(patchOf(network, body));
      assert.equal(status, 403);
      assert.match(text, /the operator writes its finalizer and the status of PodNetwork\/default, and nothing else of it/);
    }
    const [first = "", ...others] = theirs;
    for (const all of [[first, "podnet.dev/claims", ...others], theirs])
      assert.equal((await api.send(patchOf(network, { metadata: { finalizers: all } }))).status, 200);
  });
  await on.must(["patch", "podnetwork", "default", "--type=merge", '--patch={"metadata":{"finalizers":null}}']);
});

test("the webhook writes no Secret but its own", async () => {
  await on.as("podnet-webhook", undefined, async (api) => {
    const create = (name: string, part: object) =>
      api.send({
        method: "POST",
        path: "/api/v1/namespaces/kube-system/secrets",
        query: { dryRun: "All" },
        body: { metadata: { name }, data: { "tls.crt": "", "tls.key": "" }, type: "kubernetes.io/tls", ...part },
      });
    await waitUntil(
      "the webhook's policy to be in force",
      20_000,
      async () => (await create("other", {})).status === 403 || undefined,
    );
    const theirs = { type: "kubernetes.io/service-account-token", data: {} };
    const annotations = { "kubernetes.io/service-account.name": "stranger" };
    for (const answer of [
      await create("other", {}),
      await create("podnet-webhook-tls", { ...theirs, metadata: { name: "podnet-webhook-tls", annotations } }),
    ]) {
      assert.equal(answer.status, 403);
      assert.match(answer.text, /the webhook writes the Secret podnet-webhook-tls, of type kubernetes\.io\/tls, and no other/);
    }
    assert.equal((await create("podnet-webhook-tls", {})).status, 200);
  });
});

test("the webhook registers nobody but itself, and itself for PodNetworks alone", async () => {
  const path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
  const podNetworks = { apiGroups: ["podnet.dev"], apiVersions: ["v1alpha1"], resources: ["podnetworks"] };
  const registration = (name: string, rules: readonly object[]) => ({
    metadata: { name },
    webhooks: rules.map((rule, index) => ({
      name: `hook${index}.example.com`,
      admissionReviewVersions: ["v1"],
      sideEffects: "None",
      failurePolicy: "Ignore",
      clientConfig: { url: "https://127.0.0.1:1/" },
      rules: [{ operations: ["CREATE"], ...rule }],
    })),
  });
  const secrets = { apiGroups: [""], apiVersions: ["v1"], resources: ["secrets"] };
  await on.as("podnet-webhook", undefined, async (api) => {
    const create = (body: object) => api.send({ method: "POST", path, query: { dryRun: "All" }, body });
    const isRefused = async (body: object) => (await create(body)).status === 403;
    await waitUntil("the policy to be in force", 20_000, async () => (await isRefused(registration("other", []))) || undefined);
    for (const rules of [
      [secrets],
      [podNetworks, secrets],
      [{ ...podNetworks, resources: ["*"] }],
      [{ ...podNetworks, resources: ["podnetworks", "podnetworks/status"] }],
      [{ ...podNetworks, apiGroups: ["*"] }],
      [{ ...podNetworks, apiGroups: ["podnet.dev", ""] }],
    ]) {
      const { status, text } = await create(registration("podnet", rules));
      assert.equal(status, 403, JSON.stringify(rules));
      assert.match(
        text,
        /registers itself as ValidatingWebhookConfiguration\/podnet, for podnetworks of podnet\.dev and nothing/,
      );
    }
    assert.ok(await isRefused(registration("other", [podNetworks])));
    assert.ok((await create(registration("podnet", [podNetworks]))).status < 300);
    assert.ok((await api.send({ method: "POST", path, body: registration("podnet", [podNetworks]) })).status < 300);
    const widened = { webhooks: registration("podnet", [podNetworks, secrets]).webhooks };
    assert.equal((await api.send(patchOf(`${path}/podnet`, widened))).status, 403);
  });
});
