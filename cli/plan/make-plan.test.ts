import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterAtRest, sampleCluster } from "../../test/support/cluster-sample.ts";
import { podNetwork, type NetworkPart } from "../../test/support/plan-snapshot.ts";
import type { ClusterState } from "./cluster-state.ts";
import { makePlan } from "./make-plan.ts";
import type { Manifest } from "./manifest.ts";
import { renderMarkdown } from "./render-markdown.ts";
import { renderTable } from "./render-table.ts";

const two = [1, 2].map((number) => ({ name: `node-${number}`, addresses: [`192.168.1.1${number}`] }));

function manifest(part: NetworkPart): Manifest {
  const { apiVersion, kind, metadata, spec } = podNetwork(part);
  return {
    file: `${metadata.name}.yaml`,
    content: JSON.parse(JSON.stringify({ apiVersion, kind, metadata: { name: metadata.name }, spec })),
  };
}

function reportOf(state: ClusterState, parts: readonly NetworkPart[], prune = false) {
  return makePlan({ state, manifests: parts.map(manifest), prune }).report;
}

const range = (cidr: string) => ({ cidr, nodePrefixLength: 24 });

test("the same files again change nothing, and a network that no file names stays unless that is asked for", () => {
  const state = clusterAtRest([{ name: "default" }], two);
  assert.equal(reportOf(state, [{ name: "default" }], true).verdict, "NoChange");
  assert.deepEqual(
    reportOf(state, []).networks.map(({ name, change }) => [name, change]),
    [["default", "Keep"]],
  );
});

test("one that is deleted goes on serving, and is refused while pods use it and nobody confirms", () => {
  const pods = two.map((node) => ({ ...node, pods: 4 }));
  const [refusal] = reportOf(clusterAtRest([{ name: "default" }], pods), [], true).refusals;
  assert.deepEqual([refusal?.by, refusal?.code], ["admission", "NotConfirmed"]);
  assert.match(refusal?.message ?? "", /2 nodes have pods in it: node-1 \(4 pods\), node-2 \(4 pods\)/);

  const empty = reportOf(clusterAtRest([{ name: "default" }], two), [], true);
  assert.deepEqual(
    [empty.verdict, empty.networks[0]?.deletion],
    ["Change", { pods: 0, nodes: [], unknown: [], holdSeconds: 300 }],
  );
  assert.deepEqual([empty.networks[0]?.nodes.lose, empty.nodes], [2, []]);
});

test("a file that cannot be read is no reason to delete the network that it names", () => {
  const state = clusterAtRest([{ name: "default" }], two);
  const broken = manifest({ name: "default" });
  const manifests = [{ ...broken, content: { ...Object(broken.content), spec: {} } }];
  const { report } = makePlan({ state, manifests, prune: true });
  assert.deepEqual(
    [report.verdict, report.networks[0]?.change, report.refusals.map(({ by, path }) => [by, path])],
    ["Refused", "Keep", [["schema", "spec.ranges"]]],
  );
});

test("a network of a snapshot that lacks its ranges is beside the others all the same", () => {
  const state = clusterAtRest([{ name: "default" }], two);
  const [one] = state.podNetworks;
  assert.ok(one);
  const { ranges: _, ...without } = one.spec;
  const broken = JSON.parse(
    JSON.stringify({ ...one, metadata: { ...one.metadata, name: "broken", uid: "uid-broken" }, spec: without }),
  );
  const report = reportOf({ ...state, podNetworks: [one, broken] }, [{ name: "default", spec: { priority: 7 } }], true);
  assert.deepEqual(
    report.networks.map(({ name, change }) => [name, change]),
    [
      ["broken", "Delete"],
      ["default", "Change"],
    ],
  );
});

test("a field that a newer schema filled in is no change of the cluster's networks, and a slip in a file", () => {
  const state = clusterAtRest([{ name: "default" }], two);
  const newer = <T extends object>(spec: T) => ({ ...spec, encryption: { mode: "None" } });
  const podNetworks = state.podNetworks.map((one) => ({ ...one, spec: newer(one.spec) }));
  assert.equal(reportOf({ ...state, podNetworks }, [{ name: "default" }]).verdict, "NoChange");
  const { refusals } = reportOf(state, [{ name: "default", spec: newer({ priority: 7 }) }]);
  assert.deepEqual(
    refusals.map(({ by, code, path }) => [by, code, path]),
    [["schema", "UnknownField", "spec.encryption"]],
  );
});

test("a range in use cannot be taken away, and what is refused leaves the network as it is", () => {
  const state = clusterAtRest([{ name: "default" }], two);
  const report = reportOf(state, [{ name: "default", spec: { ranges: [range("10.9.0.0/16")] } }]);
  assert.deepEqual(
    report.refusals.map(({ by, code, path, file }) => [by, code, path, file]),
    [["admission", "InUse", "spec.ranges", "default.yaml"]],
  );
  assert.deepEqual([report.nodes, report.ledger], [[], []]);
});

test("a range that one network gives to another is planned, with a word on the order of writing", () => {
  const both = [range("10.244.0.0/16"), range("10.245.0.0/16")];
  const state = clusterAtRest([{ name: "a", spec: { ranges: both, nodeSelector: { matchLabels: { pool: "none" } } } }], two);
  const report = reportOf(state, [
    { name: "a", spec: { ranges: [range("10.244.0.0/16")], nodeSelector: { matchLabels: { pool: "none" } } } },
    { name: "b", spec: { ranges: [range("10.245.0.0/16")] } },
  ]);
  assert.deepEqual(
    report.ledger.map(({ change, cidr, network }) => [change, cidr, network]),
    [
      ["Enters", "10.245.0.0/16", "b"],
      ["Leaves", "10.245.0.0/16", "a"],
    ],
  );
  assert.ok(report.warnings.some(({ network, code }) => network === "b" && code === "WriteOrder"));
});

test("a drain names the ranges that are left, and the subnets of one that is gone from the spec already", () => {
  const spec = { ranges: [range("10.244.0.0/24"), range("10.245.0.0/24"), range("10.246.0.0/16")] };
  const state = clusterAtRest([{ name: "default", spec }], two);
  const changed = podNetwork({
    name: "default",
    spec: { ranges: [{ ...range("10.245.0.0/24"), state: "Draining" }, range("10.246.0.0/16")] },
  });
  const left = reportOf({ ...state, podNetworks: [changed] }, []).networks[0]?.drain;
  assert.deepEqual(left?.ranges, ["10.245.0.0/24", "10.244.0.0/24"]);
});

test("two networks that select a node alike, and a static subnet that is taken, are told", () => {
  const state = clusterAtRest([{ name: "default" }], two);
  const codesOf = (parts: readonly NetworkPart[], nodes = two) =>
    reportOf(clusterAtRest([], nodes), parts).warnings.map(({ network, code }) => [network, code]);
  assert.deepEqual(codesOf([{ name: "a" }, { name: "b", spec: { ranges: [range("10.245.0.0/16")] } }]), [
    ["b", "AmbiguousSelection"],
  ]);
  const taken = { name: "default", spec: { staticSubnets: [{ node: "node-2", cidr: "10.244.0.0/24" }] } };
  assert.deepEqual(
    reportOf(state, [taken]).refusals.map(({ by, path }) => [by, path]),
    [["admission", "spec.staticSubnets[0].cidr"]],
  );
});

test("nodes that only a network selects which is being deleted are told with that, not as if nothing selected them", () => {
  const leaving = { name: "default", meta: { deletionTimestamp: "2026-01-01T00:30:00Z" } };
  const { nodes } = clusterAtRest([], two);
  const { warnings } = reportOf({ ...clusterAtRest([leaving], []), nodes }, []);
  const why = "no PodNetwork that selects it takes new nodes, so it gets no subnet; PodNetwork/default is being deleted: ";
  assert.deepEqual(
    warnings.map(({ code, message }) => [code, message.slice(0, `node-1, node-2: ${why}`.length)]),
    [["NotServed", `node-1, node-2: ${why}`]],
  );
});

test("a cluster that is not at rest says so, and what follows is what the operator does anyway", () => {
  const state = clusterAtRest([{ name: "default" }], two);
  const report = reportOf({ ...state, nodeNetworks: state.nodeNetworks.slice(1), ledger: state.ledger }, [{ name: "default" }]);
  assert.deepEqual([report.verdict, report.warnings.map(({ code }) => code)], ["Change", ["NotAtRest"]]);
});

test("what comes from the cluster or from files stays text in a table and in a comment", () => {
  const report = reportOf(sampleCluster(), []);
  const evil = { network: "<img src=x>|`a`\n## b\u001b[2J", code: "x", message: "@everyone [a](b) **c**" };
  const told = { ...report, warnings: [evil] };
  const markdown = renderMarkdown(told, 50);
  assert.ok(
    markdown.includes("| &lt;img src=x&gt;\\|\\`a\\` \\#\\# b\\\\u001b\\[2J | x | @\u200beveryone \\[a\\](b) \\*\\*c\\*\\* |"),
  );
  assert.ok(renderTable(told, 50).includes("<img src=x>|`a` ## b\\u001b[2J  x     @everyone"));
});

test("a summary with names of others is one line that no terminal obeys", () => {
  const report = { ...reportOf(sampleCluster(), []), summary: "refused: 1 problem in a\u001b[2J\nb\u202e" };
  assert.match(renderTable(report, 50), /^podnet plan: refused: 1 problem in a\\u001b\[2J\\u000ab\\u202e\n/);
});

test("a comment never outgrows what a comment holds, and begins with the verdict", () => {
  const report = reportOf(sampleCluster(), []);
  const warning = { network: "n", code: "c", message: "x".repeat(1000) };
  const markdown = renderMarkdown({ ...report, warnings: Array.from({ length: 200 }, () => warning) }, 1000);
  assert.ok(markdown.length < 65_536);
  assert.match(markdown, /^🟢 \*\*podnet plan\*\* no change/);
  assert.match(markdown, /The rest does not fit here/);
});
