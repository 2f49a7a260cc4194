// The manifests of deploy/argocd and deploy/flux. Those of Argo CD are tried by test/delivery/argocd.test.ts, too.
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse, parseAllDocuments } from "yaml";
import { renderIssue } from "../crds/issue.ts";
import { parsePodNetwork } from "../crds/parse.ts";
import { validatePodNetwork } from "../crds/validate.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const files = globSync("deploy/{argocd,flux}/**/*.yaml", { cwd: root });

interface FluxObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly sourceRef?: Reference;
    readonly dependsOn?: readonly { readonly name: string }[];
    readonly chart?: { readonly spec: { readonly chart: string; readonly sourceRef: Reference } };
  };
}

interface Reference {
  readonly kind: string;
  readonly name: string;
}

const flux = files
  .filter((file) => file.startsWith("deploy/flux/"))
  .flatMap((file) => parseAllDocuments(read(file)).map((document): FluxObject => document.toJS()));

test("every manifest for Argo CD and Flux begins by saying what it is for, and docs/gitops.md shows it as it is, or names it", () => {
  assert.ok(files.length > 8);
  const page = read("docs/gitops.md");
  for (const file of files) {
    assert.match(read(file), /^# \S/, file);
    assert.ok(page.includes(`\`\`\`yaml\n${read(file)}\`\`\``) || page.includes(`(../${file})`), file);
  }
  const shown = Array.from(page.matchAll(/```yaml\n(.*?)```/gs), ([, text = ""]) => text);
  for (const text of shown)
    assert.ok(
      files.some((file) => read(file) === text),
      text,
    );
});

test("the network that the pages show is one that podnet takes", () => {
  const [document] = parseAllDocuments(read("deploy/argocd/hub/networks/default.yaml"));
  const parsed = parsePodNetwork(document?.toJS());
  const issues = parsed.issues ?? validatePodNetwork(parsed.value);
  assert.deepEqual(issues.map(renderIssue), []);
});

test("whatever the manifests for Flux refer to is among them, and the chart is where they say", () => {
  const names = flux.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  const references = flux.flatMap(({ kind, spec }) => [
    ...[spec.sourceRef, spec.chart?.spec.sourceRef].flatMap((one) => (one === undefined ? [] : [`${one.kind}/${one.name}`])),
    ...(spec.dependsOn ?? []).map(({ name }) => `${kind}/${name}`),
  ]);
  assert.deepEqual(new Set(references), new Set(["GitRepository/platform", "GitRepository/podnet", "Kustomization/podnet"]));
  for (const reference of references) assert.ok(names.includes(reference), reference);
  assert.deepEqual(new Set(flux.map(({ metadata }) => metadata.namespace)), new Set(["flux-system"]));
  const charts = flux.flatMap(({ spec }) => spec.chart?.spec.chart ?? []);
  assert.equal(charts.length, 1);
  for (const chart of charts) assert.ok(existsSync(join(root, chart, "Chart.yaml")), chart);
});

test("Argo CD does not prune the definitions of the kinds, nor call them extraneous, where an Application leaves them out: all objects would go with them", () => {
  const definitions = globSync("deploy/chart/crds/*.yaml", { cwd: root });
  assert.equal(definitions.length, 4);
  for (const file of definitions) {
    const { metadata }: { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } } = parse(read(file));
    assert.equal(metadata.annotations?.["argocd.argoproj.io/sync-options"], "Prune=false", file);
    assert.equal(metadata.annotations?.["argocd.argoproj.io/compare-options"], "IgnoreExtraneous", file);
  }
});
