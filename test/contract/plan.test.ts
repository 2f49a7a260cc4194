// What podnet plan says offline, beside what the operator then does on a real API server: the same, byte for byte.
import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parse, stringify } from "yaml";
import { plannedUID } from "../../cli/plan/candidate.ts";
import { canonicalJson } from "../../cli/plan/canonical-json.ts";
import { plannedIncarnation } from "../../cli/plan/make-plan.ts";
import type { PlanReport } from "../../cli/plan/report.ts";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { installManifests } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { nodes } from "../../lib/kube/builtin.ts";
import { inParallel } from "../../lib/kube/parallel.ts";
import type { KubeObject, Resource } from "../../lib/kube/resource.ts";
import { nodeNetworks, nodeSubnets, podNetworks, rangeLedgers } from "../../operator/cluster.ts";
import { commandsBelow } from "../support/doc-commands.ts";
import { labName } from "../support/lab-name.ts";
import { type OperatorProcess, startOperatorProcess } from "../support/operator-process.ts";
import { type OperatorWorld, operatorWorld, podNetworkOf, type SpecPart } from "../support/operator-world.ts";
import type { RangePart } from "../support/plan-snapshot.ts";
import { runPodnet } from "../support/podnet-command.ts";

let lab: Lab;
let world: OperatorWorld;
let operator: OperatorProcess | undefined;
let folder: string;
let kubeconfig: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "podnet-plan-"));
  lab = await startLab(noNodes(labName("contract-plan")));
  await installManifests(lab);
  const reader = await readFile(join(import.meta.dirname, "../../docs/plan-reader.yaml"), "utf8");
  assert.equal((await lab.kubectl(["apply", "-f", "-"], { stdin: reader })).code, 0);
  kubeconfig = (await lab.identity({ name: "podnet-plan", namespace: "kube-system" })).outsideKubeconfig;
  world = await operatorWorld(lab);
});
after(async () => {
  const code = await operator?.stop();
  await world?.close();
  await lab?.stop();
  await rm(folder, { recursive: true, force: true });
  assert.equal(code, 0, "the operator ends in order when it is told to");
});

const names = Array.from({ length: 20 }, (_, index) => `node-${index + 1}`);
const isEdge = (name: string) => Number(name.slice(5)) > 16;

/** Beside what every node has: those that Nodes of an older network bring along. */
const podCIDRs: Readonly<Record<string, string[]>> = {
  "node-5": ["10.244.12.0/24", "fd00:10:244:77::/64"],
  "node-6": ["10.99.6.0/24"],
  "node-7": ["10.244.0.0/24"],
};

async function createNodes(): Promise<void> {
  await inParallel(names, 8, async (name) => {
    const number = Number(name.slice(5));
    const addresses = [`192.168.1.${10 + number}`, `fd00:192:168:1::${10 + number}`];
    await world.client.create(nodes, {
      metadata: { name, labels: { pool: isEdge(name) ? "edge" : "core" } },
      spec: { podCIDRs: podCIDRs[name] ?? [] },
      status: {
        addresses: addresses.map((address) => ({ type: "InternalIP", address })),
        conditions: [{ type: "Ready", status: "True" }],
      },
    });
  });
}

interface ManifestObject {
  readonly metadata: { readonly name: string };
  readonly spec: unknown;
}

interface PlanWithObjects extends PlanReport {
  readonly objects: Readonly<Record<"rangeLedgers" | "nodeSubnets" | "nodeNetworks", readonly ManifestObject[]>>;
}

/** A snapshot with the rights of docs/plan-reader.yaml, then a plan from nothing but that file. */
async function plan(manifest: string): Promise<PlanWithObjects> {
  const snapshot = join(folder, "state.json");
  const taken = await runPodnet(["snapshot", "--kubeconfig", kubeconfig, "-o", snapshot]);
  assert.deepEqual([taken.code, taken.stderr], [0, ""]);
  const made = await runPodnet(["plan", "-f", manifest, "--snapshot", snapshot, "-o", "json", "--objects"]);
  assert.deepEqual([made.code, made.stderr], [2, ""], made.stdout);
  const live = await runPodnet(["plan", "-f", manifest, "--kubeconfig", kubeconfig, "-o", "json", "--objects"]);
  const { takenAt: _, ...offline } = JSON.parse(made.stdout);
  const { takenAt: __, ...online } = JSON.parse(live.stdout);
  assert.deepEqual(withoutTimes(online), withoutTimes(offline), "a plan against the cluster says what one offline says");
  return JSON.parse(made.stdout);
}

/** Agents write meanwhile, but nothing that a plan turns on. */
function withoutTimes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME"));
}

async function manifestOf(name: string, spec: SpecPart): Promise<string> {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, stringify(podNetworkOf(name, spec)));
  return file;
}

const kinds: Readonly<Record<keyof PlanWithObjects["objects"], Resource<KubeObject & { spec: unknown }>>> = {
  rangeLedgers,
  nodeSubnets,
  nodeNetworks,
};

/** Kind → its objects as canonical JSON, with the names that the plan has for what is drawn at random; and the capacity that networks' statuses tell. */
async function reality(drawn: ReadonlyMap<string, string>): Promise<Record<string, string[]>> {
  const networks = (await world.client.listAll(podNetworks)).items.map(({ metadata: { name }, status }) =>
    canonicalJson({
      name,
      ranges: status?.ranges ?? [],
      nodesUntilExhaustion: status?.capacity?.nodesUntilExhaustion ?? "unknown",
    }),
  );
  const lists = Object.entries(kinds).map(async ([kind, resource]) => {
    const { items } = await world.client.listAll(resource);
    return [kind, items.map(({ metadata: { name }, spec }) => render({ name, spec }, drawn)).toSorted()] as const;
  });
  return { ...Object.fromEntries(await Promise.all(lists)), capacity: networks.toSorted() };
}

function planned({ objects, networks }: PlanWithObjects): Record<string, string[]> {
  const capacity = networks.map(({ name, after }) => canonicalJson({ name, ...(after ?? assert.fail(name)) })).toSorted();
  const lists = Object.entries(objects).map(([kind, items]) => {
    return [kind, items.map(({ metadata: { name }, spec }) => render({ name, spec }, new Map())).toSorted()] as const;
  });
  return { ...Object.fromEntries(lists), capacity };
}

function render(object: { readonly name: string; readonly spec: unknown }, drawn: ReadonlyMap<string, string>): string {
  let text = canonicalJson(object);
  for (const [real, plannedText] of drawn) text = text.replaceAll(`"${real}"`, `"${plannedText}"`);
  return text;
}

/** What the API server and the operator draw at random → what a plan writes in its place. */
async function drawn(fresh: { readonly network?: string; readonly ledger?: boolean }): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const incarnation = (await world.ledger())?.spec.incarnation;
  if (fresh.ledger === true && incarnation !== undefined) found.set(incarnation, plannedIncarnation);
  const uid = fresh.network === undefined ? undefined : (await world.network(fresh.network))?.metadata.uid;
  if (fresh.network !== undefined && uid !== undefined) found.set(uid, plannedUID(fresh.network));
  return found;
}

/** Waits until the cluster is as planned, and sees that it stays so. */
async function becomes(plan: PlanWithObjects, fresh: Parameters<typeof drawn>[0] = {}): Promise<void> {
  const want = planned(plan);
  const read = async () => reality(await drawn(fresh));
  await world
    .until("what was planned", async () => canonicalJson(await read()) === canonicalJson(want))
    .catch(async () => assert.deepEqual(await read(), want));
  const passes = (await operator?.passes()) ?? 0;
  await world.until("three more passes", async () => ((await operator?.passes()) ?? 0) >= passes + 3);
  assert.deepEqual(await read(), want);
}

async function apply(manifest: string): Promise<void> {
  const { code, stderr } = await lab.kubectl(["apply", "--server-side", "-f", manifest]);
  assert.equal(code, 0, stderr);
}

/** Agents of these nodes have programmed what they were told. */
async function programmed(list: readonly string[]): Promise<void> {
  for (const name of list) world.agents.start(name);
  await world.until("all agents", async () => {
    const { items } = await world.client.listAll(nodeNetworks);
    const done = items.filter(({ spec, status }) => status?.configGeneration === spec.configGeneration);
    return list.every((name) => done.some(({ metadata }) => metadata.name === name));
  });
}

const core = names.filter((name) => !isEdge(name));
const coreSpec = {
  ranges: [
    { cidr: "10.244.0.0/20", nodePrefixLength: 24 },
    { cidr: "fd00:10:244::/48", nodePrefixLength: 64 },
  ],
  nodeSelector: { matchExpressions: [{ key: "pool", operator: "NotIn", values: ["edge"] }] },
  reserved: [{ cidr: "10.244.0.0/24" }],
  staticSubnets: [
    { node: "node-3", cidr: "10.244.9.0/24" },
    { node: "node-4", cidr: "fd00:10:244:44::/64" },
  ],
} satisfies SpecPart;
const appended = { ...coreSpec, ranges: [...coreSpec.ranges, { cidr: "10.244.64.0/20", nodePrefixLength: 24 }] };

test("a new network: twenty dual-stack nodes, statics, reserved and adopted podCIDRs, and one subnet too few", async () => {
  await createNodes();
  const file = await manifestOf("default", coreSpec);
  const made = await plan(file);
  assert.equal(made.objects.nodeSubnets.length, 30, "16 nodes want two each, and one of them gets nothing");
  const codes = made.warnings.map(({ code }) => code);
  assert.deepEqual(codes, ["NotSelected", "RangeExhausted", "RangeExhausted", "PodCIDRNotAdopted"]);
  operator = await startOperatorProcess(lab);
  await apply(file);
  await becomes(made, { network: "default", ledger: true });
});

test("an appended range gives the node without a subnet what it lacks, and tells all others of the range", async () => {
  await programmed(core.slice(0, -1));
  const file = await manifestOf("default", appended);
  const made = await plan(file);
  const getting = made.nodes.filter(({ gets }) => gets.length > 0);
  assert.deepEqual(
    getting.map(({ gets }) => gets.length),
    [2],
  );
  await apply(file);
  await becomes(made);
});

test("a second network with a selector takes the nodes that the first one leaves out", async () => {
  await programmed(core);
  const spec = {
    ranges: [{ cidr: "10.245.0.0/16", nodePrefixLength: 26 }],
    nodeSelector: { matchLabels: { pool: "edge" } },
    mtu: { mode: "Fixed", value: 1400 },
  } satisfies SpecPart;
  const file = await manifestOf("edge", spec);
  const made = await plan(file);
  assert.equal(made.nodes.filter(({ gets }) => gets.length > 0).length, 4);
  await apply(file);
  await becomes(made, { network: "edge" });
});

test("a drain moves as many nodes as the budget allows, as long as no agent says more", async () => {
  const wide = { ...appended, ranges: [...appended.ranges, { cidr: "10.246.0.0/16", nodePrefixLength: 24 }] };
  await programmed(names);
  await apply(await manifestOf("default", wide));
  await world.until("the range", async () => (await world.ledger())?.spec.entries.some(({ cidr }) => cidr === "10.246.0.0/16"));
  await world.until("all told", async () => {
    const { items } = await world.client.listAll(nodeNetworks);
    return items.every(({ spec }) => spec.podRanges.includes("10.246.0.0/16"));
  });
  await programmed(names);
  for (const name of names) world.agents.stop(name);
  const ranges = wide.ranges.map((range, index): RangePart => (index === 0 ? { ...range, state: "Draining" } : range));
  const file = await manifestOf("default", { ...wide, ranges });
  const made = await plan(file);
  const drain = made.networks.find(({ name }) => name === "default")?.drain;
  assert.deepEqual([drain?.budget, drain?.moving.length, drain?.waiting.length], [2, 2, 13]);
  await apply(file);
  await becomes(made);
});

test("a cluster that is as its files say has nothing to plan", async () => {
  const files = ["default", "edge"].flatMap((name) => ["-f", join(folder, `${name}.yaml`)]);
  const again = await runPodnet(["plan", ...files, "--prune", "--kubeconfig", kubeconfig]);
  assert.equal(again.code, 0, again.stdout + again.stderr);
  assert.match(again.stdout, /^podnet plan: no change/);
});

test("what docs/plan.md has one type by hand is understood, with a cluster and without", async () => {
  const { "current-context": context }: { readonly "current-context": string } = parse(await readFile(kubeconfig, "utf8"));
  const networks = join(folder, "networks");
  await mkdir(networks);
  for (const name of ["default", "edge"]) await copyFile(join(folder, `${name}.yaml`), join(networks, `${name}.yaml`));
  const both = ["default", "edge"].map((name) => readFile(join(networks, `${name}.yaml`), "utf8"));
  const built = (await Promise.all(both)).join("---\n");
  const snapshot = join(folder, "cluster.json");
  const meant = new Map([
    ["networks/", networks],
    ["FILE", kubeconfig],
    ["NAME", context],
    ["cluster.json", snapshot],
  ]);
  const commands = commandsBelow("docs/plan.md", "By hand");
  assert.equal(commands.length, 5);
  for (const words of commands) {
    const [program, ...args] = words.slice(words.indexOf("|") + 1).map((word) => meant.get(word) ?? word);
    assert.equal(program, "podnet");
    const { code, stdout, stderr } = await runPodnet(args, words.includes("|") ? built : "", { PODNET_KUBECONFIG: kubeconfig });
    assert.deepEqual([code, stderr], [0, ""], `${words.join(" ")}: ${stdout}`);
    if (args[0] === "plan") assert.match(stdout, /podnet plan.* no change/, words.join(" "));
  }
});
