import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parse } from "yaml";
import { renderSnapshotFile } from "./plan/snapshot-file.ts";
import { projectState } from "./plan/cluster-state.ts";
import { clusterAtRest } from "../test/support/cluster-sample.ts";
import { runPodnet } from "../test/support/podnet-command.ts";

let folder: string;
let snapshot: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "podnet-cli-"));
  snapshot = join(folder, "state.json");
  const state = clusterAtRest([{ name: "default" }], [{ name: "node-1", addresses: ["192.168.1.11"] }]);
  await writeFile(snapshot, renderSnapshotFile(projectState(state)));
});
after(() => rm(folder, { recursive: true, force: true }));

function manifest(range: string): string {
  return `apiVersion: podnet.dev/v1alpha1
kind: PodNetwork
metadata: {name: default}
spec:
  ranges:
  - {cidr: 10.244.0.0/16, nodePrefixLength: 24}
${range}`;
}

const plan = (text: string, ...more: string[]) => runPodnet(["plan", "-f", "-", "--snapshot", snapshot, ...more], text);

test("the exit code says whether nothing changes, something does, or something is refused", async () => {
  const [same, more, wrong] = await Promise.all([
    plan(manifest("")),
    plan(manifest("  - {cidr: 10.245.0.0/16, nodePrefixLength: 24}\n")),
    plan(manifest("  - {cidr: 10.244.0.0/17, nodePrefixLength: 24}\n")),
  ]);
  assert.deepEqual([same.code, more.code, wrong.code], [0, 2, 3]);
  assert.match(same.stdout, /^podnet plan: no change\n/);
  assert.match(more.stdout, /^podnet plan: change: changes default; 1 NodeNetwork is written\n/);
  assert.match(wrong.stdout, /^ {2}default +rules +standard input +spec\.ranges\[1\]\.cidr: /m);
});

test("what cannot be planned at all is an error: where, what, and nothing on standard output", async () => {
  const file = join(folder, "broken.yaml");
  await writeFile(file, "kind: PodNetwork\nspec: [1,\n");
  const wrongFile = join(folder, "other.json");
  await writeFile(wrongFile, '{"kind": "List"}');
  const all = await Promise.all([
    runPodnet(["plan", "-f", file, "--snapshot", snapshot]),
    runPodnet(["plan", "-f", join(folder, "none"), "--snapshot", snapshot]),
    runPodnet(["plan", "-f", file.replace("broken", "other").replace("yaml", "json"), "--snapshot", wrongFile]),
    runPodnet(["plan", "-f", wrongFile]),
    runPodnet(["plan", "-f", wrongFile, "--snapshot", snapshot, "-o", "xml"]),
    runPodnet(["plan"]),
  ]);
  assert.deepEqual(
    all.map(({ code, stdout }) => [code, stdout]),
    all.map(() => [1, ""]),
  );
  const errors = all.map(({ stderr }) => stderr);
  assert.match(errors[0] ?? "", /^podnet plan: .*broken\.yaml:3: /);
  assert.match(errors[1] ?? "", /^podnet plan: .*no such file/);
  assert.match(errors[2] ?? "", /^podnet plan: .*other\.json: it is no snapshot of podnet; make one with: podnet snapshot/);
  assert.match(errors[3] ?? "", /^podnet plan: no way to the API server: set PODNET_KUBECONFIG/);
  assert.match(errors[4] ?? "", /Allowed choices are table, markdown, json, yaml/);
  assert.match(errors[5] ?? "", /required option '-f, --filename <path\.\.\.>' not specified/);
});

test("files without any PodNetwork are an error, and no plan without a change, unless all are to be deleted", async () => {
  const config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: default}\n";
  const mistyped = manifest("").replace("podnet.dev/", "podnet.io/");
  const [none, strange, unreadable, pruned] = await Promise.all([
    plan(config),
    plan(`${config}---\n${mistyped}`),
    plan(manifest("").replace("default", "Default!")),
    plan(config, "--prune"),
  ]);
  const nothing = "podnet plan: no PodNetwork of podnet.dev is in standard input, so nothing was judged;";
  assert.deepEqual([none.code, none.stdout, strange.code, strange.stdout], [1, "", 1, ""]);
  assert.equal(
    none.stderr,
    `${nothing} look at the path, and at kind and apiVersion (podnet.dev/v1alpha1) of what stands there (documents: 1)\n`,
  );
  assert.equal(
    strange.stderr,
    `${nothing} the PodNetwork in standard input has apiVersion podnet.io/v1alpha1; write podnet.dev/v1alpha1\n`,
  );
  assert.deepEqual([unreadable.code, pruned.code], [3, 2]);
});

test("--help names the exit codes, and docs/plan.md has the same ones", async () => {
  const { stdout } = await runPodnet(["plan", "--help"]);
  const page = await readFile(join(import.meta.dirname, "../docs/plan.md"), "utf8");
  const codes = Array.from(stdout.matchAll(/^ {2}(\d) {2}(.+)$/gm), ([, code = "", text = ""]) => [code, text] as const);
  assert.deepEqual(
    codes.map(([code]) => code),
    ["0", "1", "2", "3"],
  );
  for (const [code, text] of codes) assert.ok(page.includes(`| ${code} | ${text} |`), text);
});

test("the workflow of docs/pull-request-check.yaml calls podnet with options that it has", async () => {
  const workflow = parse(await readFile(join(import.meta.dirname, "../docs/pull-request-check.yaml"), "utf8"));
  const steps: readonly { readonly run?: string }[] = workflow.jobs.plan.steps;
  const calls = steps.flatMap(({ run = "" }) =>
    Array.from(run.matchAll(/"\$PODNET_IMAGE" ([^>\n]+)/g), ([, args = ""]) => args.trim()),
  );
  assert.deepEqual(
    calls.map((call) => call.split(" ")[0]),
    ["snapshot", "plan"],
  );
  const networks = join(folder, "networks.yaml");
  await writeFile(networks, manifest(""));
  const paths = new Map([
    ["/networks", networks],
    ["/state/cluster.json", snapshot],
    ["/state/kubeconfig", join(folder, "none")],
  ]);
  const [taken, planned] = await Promise.all(
    calls.map((call) => runPodnet(call.split(" ").map((word) => paths.get(word) ?? word))),
  );
  assert.match(
    taken?.stderr ?? "",
    /^podnet snapshot: kubeconfig .*none cannot be used: /,
    "options are read before the cluster",
  );
  assert.deepEqual([planned?.code, planned?.stderr], [0, ""]);
  assert.match(planned?.stdout ?? "", /^🟢 \*\*podnet plan\*\* no change\n/);
});

test("docs/plan.md shows the rights of docs/plan-reader.yaml as they are", async () => {
  const [page, rights] = await Promise.all(
    ["plan.md", "plan-reader.yaml"].map((file) => readFile(join(import.meta.dirname, "../docs", file), "utf8")),
  );
  const [, rules = ""] = /^rules:\n((?:(?:- | {2}|# ).*\n)+)/m.exec(rights ?? "") ?? [];
  assert.ok(rules.length > 0 && page?.includes(rules.replaceAll(/^#.*\n/gm, "")));
});
