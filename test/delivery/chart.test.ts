// The Helm chart: what it renders, and what it refuses. That it installs a podnet which works is shown by `npm run demo`.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import { parse } from "yaml";
import { runCommand } from "../../lab/run-command.ts";
import { provideBinaries } from "../../tools/binaries.ts";
import { staleRenders } from "../../tools/chart-renders.ts";
import { quietProgress } from "../../tools/progress.ts";
import { type AlertRule, readAlertRules } from "../support/alert-rules.ts";
import { chart, named, podOf, refusalOf, type Rendered, template, type Workload, workloads } from "../support/rendered-chart.ts";

let helm: string;

before(async () => void ({ helm } = await provideBinaries(["helm"], quietProgress())));

interface PodMonitorSpec {
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly podMetricsEndpoints: readonly [{ readonly port: string }];
}

test("the chart is without a fault", async () => {
  const { code, stdout, stderr } = await runCommand([helm, "lint", "--strict", chart], { timeoutMs: 60_000 });
  assert.equal(code, 0, `${stdout}${stderr}`);
});

test("what is kept of its renderings, the plain manifest and one with every value, is what it gives", async () => {
  assert.deepEqual(await staleRenders(helm), [], "they are of another chart; run: npm run manifest");
});

test("the kept rendering with every value has every value that there is, none as it is by default", async () => {
  const [defaults, every] = await Promise.all(
    ["../../deploy/chart/values.yaml", "testdata/every-value.yaml"].map(async (file) =>
      leavesOf(parse(await readFile(join(import.meta.dirname, file), "utf8"))),
    ),
  );
  assert.ok(defaults && every && defaults.size > 10);
  for (const [path, value] of defaults)
    assert.ok(every.has(path) && every.get(path) !== value, `${path} is missing, or the default`);
});

/** Path → value as JSON, of everything that is no object with fields of its own. */
function leavesOf(value: unknown, path = ""): Map<string, string> {
  const isInner = typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
  if (!isInner || /(resources|env|labels|networks|nodeSelector|affinity)$/.test(path))
    return new Map([[path, JSON.stringify(value)]]);
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...leavesOf(inner, path === "" ? key : `${path}.${key}`)]));
}

test("everything that has a namespace is in the release's, and every right belongs to an account of it", async () => {
  const objects = await template({});
  const elsewhere = objects.filter(({ metadata }) => metadata.namespace !== undefined && metadata.namespace !== "network");
  // Events of what has no namespace are there, and the one Service that every cluster has.
  assert.deepEqual(
    new Set(elsewhere.map(({ kind, metadata: { name, namespace } }) => `${kind} ${namespace}/${name}`)),
    new Set(
      ["podnet-operator", "podnet-operator-services", "podnet-webhook"].flatMap((name) => [
        `Role default/${name}`,
        `RoleBinding default/${name}`,
      ]),
    ),
  );
  const text = JSON.stringify(objects);
  assert.doesNotMatch(text, /kube-system:podnet-|"namespace":"kube-system"/);
  assert.match(text, /system:serviceaccount:network:podnet-operator/);
});

test("every object that stays says of which release it is, so that Argo CD adopts what Helm installed without a change", async () => {
  const objects = await template({ networks: { default: { ranges: [{ cidr: "10.244.0.0/16", nodePrefixLength: 24 }] } } });
  const lasting = objects.filter(({ metadata }) => metadata.annotations?.["helm.sh/hook"] === undefined);
  const others = lasting.filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/instance"] !== "podnet");
  assert.deepEqual(
    others.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    [],
  );
});

test("the agent has one capability, a root folder that it cannot write, and an image with a tag; operator and webhook are not root", async () => {
  const objects = await template({});
  const agent = podOf(objects, "DaemonSet", "podnet-cni");
  const [container] = agent.containers;
  assert.deepEqual(container.securityContext.capabilities, { drop: ["ALL"], add: ["NET_ADMIN"] });
  assert.equal(container.securityContext.readOnlyRootFilesystem, true);
  assert.deepEqual(agent.tolerations, [{ operator: "Exists" }]);
  assert.match(container.image, /^docker\.io\/podnet\/podnet:\d+\.\d+\.\d+$/);
  for (const name of ["podnet-operator", "podnet-webhook"]) {
    const spec = podOf(objects, "Deployment", name);
    assert.equal(spec.securityContext.runAsNonRoot, true, name);
    assert.deepEqual(spec.containers[0].securityContext.capabilities, { drop: ["ALL"] }, name);
  }
});

/** What docs/operations.md says an agent needs of its node: path → `"read"` or `"write"`. */
async function placesInDocs(): Promise<Map<string, string>> {
  const docs = await readFile(join(import.meta.dirname, "../../docs/operations.md"), "utf8");
  const table = docs.slice(docs.indexOf("| of the node | it may |")).split("\n\n", 1).join("");
  return new Map(
    table.split("\n").flatMap((line) => {
      const [, places = "", access = ""] = line.split("|");
      const isWritten = access.trim().startsWith("write");
      return Array.from(places.matchAll(/`(\/[^`]+)`/g), ([, path = ""]) => [path, isWritten ? "write" : "read"] as const);
    }),
  );
}

test("of the node the agent has what docs/operations.md names, writable where that says so, and neither all of /run nor a socket", async () => {
  const { volumes = [], containers } = podOf(await template({}), "DaemonSet", "podnet-cni");
  const mounts = new Map(containers[0].volumeMounts?.map(({ name, readOnly }) => [name, readOnly ? "read" : "write"]));
  const places = volumes.map(({ name, hostPath: { path } }) => [path, mounts.get(name)] as const);
  const byPath = (all: Iterable<readonly [string, string | undefined]>) => [...all].toSorted(([a], [b]) => (a < b ? -1 : 1));
  assert.deepEqual(byPath(places), byPath(await placesInDocs()));
  for (const [place] of places) assert.ok(place !== "/run" && place !== "/" && !place.endsWith(".sock"), place);
});

test("networks of the values become PodNetworks that outlive the release", async () => {
  const spec = { ranges: [{ cidr: "10.244.0.0/16", nodePrefixLength: 24 }] };
  const objects = await template({ networks: { default: spec, other: spec } });
  assert.deepEqual(named(objects, "PodNetwork", "other").spec, spec);
  assert.match(JSON.stringify(named(objects, "PodNetwork", "default").metadata), /"helm.sh\/resource-policy":"keep"/);
});

test("an address of the API server reaches every process", async () => {
  const objects = await template({ apiServer: { host: "192.168.1.10", port: 6443 } });
  for (const [kind, name] of [...workloads, ["Job", "podnet-crds"] as const]) {
    const [{ env }] = podOf(objects, kind, name).containers;
    const value = (key: string) => env.find((one) => one.name === key)?.value;
    assert.deepEqual([value("KUBERNETES_SERVICE_HOST"), value("KUBERNETES_SERVICE_PORT")], ["192.168.1.10", "6443"], name);
  }
});

test("the kubelet waits longer than its usual second for an answer of a process on a busy node", async () => {
  const objects = await template({});
  for (const [kind, name] of workloads) {
    const [{ livenessProbe, readinessProbe }] = podOf(objects, kind, name).containers;
    assert.deepEqual([livenessProbe?.timeoutSeconds, readinessProbe?.timeoutSeconds], [5, 5], name);
  }
});

test("Secrets for the registry of the image reach every pod", async () => {
  const imagePullSecrets = [{ name: "registry" }];
  const objects = await template({ imagePullSecrets });
  for (const [kind, name] of [...workloads, ["Job", "podnet-crds"] as const])
    assert.deepEqual(podOf(objects, kind, name).imagePullSecrets, imagePullSecrets, name);
});

test("where a runtime looks for configurations and plugins elsewhere, the agent has these places of the node as its own", async () => {
  const paths = { cniConfigurations: "/var/lib/rancher/k3s/agent/etc/cni/net.d", cniPlugins: "/var/lib/rancher/k3s/data/cni" };
  const { volumes = [] } = podOf(await template({ agent: { paths } }), "DaemonSet", "podnet-cni");
  const placeOf = (name: string) => volumes.find((volume) => volume.name === name)?.hostPath.path;
  assert.deepEqual([placeOf("cni-configurations"), placeOf("cni-plugins")], Object.values(paths));
});

test("no pod is for a node that is not Linux; operator and webhook go where the values say, the agent to every node", async () => {
  const linux = { "kubernetes.io/os": "linux" };
  const zones = { podAntiAffinity: {} };
  const placed = { nodeSelector: { place: "core" }, affinity: zones };
  const objects = await template({ operator: placed, webhook: placed });
  for (const name of ["podnet-operator", "podnet-webhook"]) {
    const { nodeSelector, affinity } = podOf(objects, "Deployment", name);
    assert.deepEqual([nodeSelector, affinity], [{ ...linux, place: "core" }, zones], name);
  }
  assert.deepEqual(podOf(objects, "DaemonSet", "podnet-cni").nodeSelector, linux);
  assert.deepEqual(podOf(objects, "Job", "podnet-crds").nodeSelector, linux);
  const cleanup: Rendered = parse(await readFile(join(chart, "../cleanup.yaml"), "utf8"));
  assert.deepEqual(podOf([cleanup], "DaemonSet", "podnet-cleanup").nodeSelector, linux);
  for (const [kind, name] of workloads) assert.deepEqual(podOf(await template({}), kind, name).nodeSelector, linux, name);
});

const monitored = { exposed: true, podMonitor: { enabled: true, labels: { release: "prometheus" } }, rules: { enabled: true } };

test("nothing of Prometheus is made unless asked for, and no page of metrics is served beyond the node", async () => {
  const objects = await template({});
  assert.deepEqual(
    objects.filter(({ kind }) => kind === "PodMonitor" || kind === "PrometheusRule"),
    [],
  );
  for (const port of [9441, 9442, 9444]) assert.ok(JSON.stringify(objects).includes(`"127.0.0.1:${port}"`), `${port}`);
});

test("one PodMonitor finds the pods of all three processes, at the port where their metrics are, and tells on which node each is", async () => {
  const objects = await template({ metrics: monitored });
  const { metadata, spec } = named(objects, "PodMonitor", "podnet") as Rendered & { readonly spec: PodMonitorSpec };
  assert.equal(metadata.labels?.["release"], "prometheus");
  const [endpoint] = spec.podMetricsEndpoints;
  assert.deepEqual(endpoint, {
    port: "health",
    interval: "30s",
    relabelings: [{ sourceLabels: ["__meta_kubernetes_pod_node_name"], targetLabel: "node" }],
  });
  for (const [kind, name] of workloads) {
    const { template: pod } = named(objects, kind, name).spec as Workload;
    for (const [label, value] of Object.entries(spec.selector.matchLabels)) assert.equal(pod.metadata.labels[label], value, name);
    const [{ ports = [], env }] = pod.spec.containers;
    const port: number =
      ports.find((one) => one.name === endpoint.port)?.containerPort ?? assert.fail(`${name} has no such port`);
    assert.equal(env.find((one) => one.name === "PODNET_HEALTH_LISTEN")?.value, `[::]:${port}`, name);
  }
});

test("the PrometheusRule has the alerts as they are in deploy/alerts, with links to where the sources are shown", async () => {
  const rules = readAlertRules();
  const rendered = async (metrics: object) => {
    const { spec } = named(await template({ metrics }), "PrometheusRule", "podnet");
    return (spec as { readonly groups: readonly { readonly rules: readonly AlertRule[] }[] }).groups.flatMap(
      (group) => group.rules,
    );
  };
  assert.deepEqual(await rendered(monitored), rules);
  const sources = "https://git.example.com/podnet/";
  const linked = await rendered({ exposed: true, rules: { enabled: true, sources } });
  assert.deepEqual(
    linked.map(({ annotations }) => annotations.runbook_url),
    rules.map(({ annotations }) => `${sources}${annotations.runbook_url}`),
  );
});

test("the definitions of the kinds are upgraded before an upgrade alone, never by a rollback, by what is gone afterwards; and not at all where that is not wanted", async () => {
  const ofCrds = (objects: readonly Rendered[]) =>
    objects.filter(({ kind, metadata }) => kind !== "CustomResourceDefinition" && metadata.name === "podnet-crds");
  const hooks = ofCrds(await template({}));
  assert.deepEqual(hooks.map(({ kind }) => kind).toSorted(), ["ClusterRole", "ClusterRoleBinding", "Job", "ServiceAccount"]);
  for (const { kind, metadata } of hooks) {
    assert.equal(metadata.annotations?.["helm.sh/hook"], "pre-upgrade", kind);
    assert.equal(metadata.annotations?.["helm.sh/hook-delete-policy"], "before-hook-creation,hook-succeeded", kind);
  }
  const { tolerations } = (named(hooks, "Job", "podnet-crds").spec as Workload).template.spec;
  assert.deepEqual(tolerations, [{ operator: "Exists" }]);
  assert.deepEqual(ofCrds(await template({ crds: { upgrade: false } })), []);
});

test("in the namespace default it is not installed, since rights of one name are there already", async () => {
  const { code, stderr } = await runCommand([helm, "template", "podnet", chart, "--namespace=default"], { timeoutMs: 60_000 });
  assert.notEqual(code, 0);
  assert.match(stderr, /choose another namespace than default, e\.g\. kube-system/);
});

for (const [what, values, where] of [
  ["a value that there is not", { agents: {} }, /agents/],
  ["a PodMonitor of what is served on loopback alone", { metrics: { podMonitor: { enabled: true } } }, /metrics\.exposed=true/],
  [
    "alerts on what is served on loopback alone",
    { metrics: { rules: { enabled: true } } },
    /rules\.enabled needs metrics\.exposed=true/,
  ],
  ["a Secret for a registry that is no more than a name", { imagePullSecrets: ["registry"] }, /imagePullSecrets/],
  ["an interval without a unit", { metrics: { podMonitor: { interval: "30" } } }, /interval/],
  ["no replica", { operator: { replicas: 0 } }, /replicas/],
  ["a setting that is none of podnet's", { agent: { env: { LD_PRELOAD: "/x.so" } } }, /LD_PRELOAD/],
  ["a place that is none", { agent: { paths: { cniPlugins: "../bin" } } }, /\.\.\/bin|cniPlugins/],
  ["a network with a name that cannot be one", { networks: { "../x": {} } }, /\.\.\/x/],
] as const)
  test(`${what} is refused by name`, async () => {
    assert.match(await refusalOf(values), where);
  });
