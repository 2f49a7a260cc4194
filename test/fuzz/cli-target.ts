import assert from "node:assert/strict";
import { documentsOf } from "../../cli/manifest-files.ts";
import { outputs } from "../../cli/output.ts";
import { projectState } from "../../cli/plan/cluster-state.ts";
import type { Manifest } from "../../cli/plan/manifest.ts";
import { makePlan } from "../../cli/plan/make-plan.ts";
import { parseSnapshotFile, renderSnapshotFile } from "../../cli/plan/snapshot-file.ts";
import { renderPlan } from "../../cli/render-plan.ts";
import type { Chance } from "../simulation/chance.ts";
import { clusterAtRest } from "../support/cluster-sample.ts";
import { assertAtMost, assertPrintable, assertPrintableLines, assertUnpolluted } from "./judge.ts";
import { hostileText } from "./hostile.ts";
import { mutated } from "./mutate.ts";
import { deepened, jsonOf, mutatedBytes, mutatedText } from "./mutate-text.ts";
import { readSamples, type Samples } from "./samples.ts";
import { type Target, target } from "./target.ts";

interface Input {
  readonly manifest: string;
  readonly snapshot: string;
  readonly prune: boolean;
  readonly shown: (typeof outputs)[number];
}

/** A reader of YAML takes its time for a megabyte. */
const longestYaml = 4_000;

/** The command line's own name for the file. */
const file = "networks.yaml";

/** What people, and pull requests of strangers, hand to `podnet plan`. */
export function cliTarget(): Target {
  const samples = readSamples();
  const snapshot = renderSnapshotFile(
    projectState(
      clusterAtRest(
        [{ name: "default" }],
        [1, 2].map((n) => ({ name: `node-${n}`, addresses: [`192.168.1.1${n}`], pods: 1 })),
      ),
    ),
  );
  return target<Input>({
    name: "cli",
    share: 10,
    counters: ["no YAML", "no snapshot", "planned", "refused", "no change", "change"],
    make: (chance) => ({
      manifest: yamlFrom(samples, chance),
      snapshot: chance.happens(0.6) ? snapshot : brokenSnapshot(snapshot, chance),
      prune: chance.happens(0.3),
      shown: chance.pick(outputs),
    }),
    run({ manifest, snapshot, prune, shown }, count) {
      const manifests = documents(manifest);
      if (manifests === undefined) return count.hit("no YAML");
      const parsed = parseSnapshotFile(snapshot);
      if ("problem" in parsed) {
        assertPrintable(parsed.problem, "the problem");
        assertAtMost(parsed.problem.length, 20_000, "the problem");
        return count.hit("no snapshot");
      }
      const plan = makePlan({ state: parsed.state, manifests, prune });
      count.hit("planned");
      count.hit({ Refused: "refused", Change: "change", NoChange: "no change" }[plan.report.verdict]);
      for (const output of [shown] as const) {
        const text = renderPlan(plan, { output, limit: 4, objects: true });
        if (output === "table") assertPrintableLines(text, output);
        else if (output === "markdown") assertPrintableLines(text.replaceAll("\u200b", ""), output);
        // For programs, but shown in terminals all the same: nothing in it commands one.
        else assert.doesNotMatch(text, /[^\P{Cc}\n]/u, output);
      }
      assertUnpolluted();
    },
  });
}

/** Undefined where the file is said, by its name, to be none. */
function documents(manifest: string): Manifest[] | undefined {
  try {
    return documentsOf(file, manifest);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    assert.ok(error.message.startsWith(file), `${error.name}: ${error.message} names no file`);
    assertPrintable(error.message, "an error");
    assertAtMost(error.message.length, 2_000, "an error");
    return undefined;
  }
}

function yamlFrom({ manifests, networks }: Samples, chance: Chance): string {
  switch (chance.below(6)) {
    case 0:
      return bomb(chance);
    case 1:
      return mutatedBytes(chance.pick(manifests), chance, chance.below(3));
    case 2:
      return mutatedText(chance.pick(manifests), chance, 1);
    case 3:
      return chance.pick(oddities)(hostileText(chance));
    default: {
      const network = chance.pick(networks);
      const shape = chance.happens(0.5) ? "any" : "kept";
      // JSON is YAML.
      const json = deepened(jsonOf(mutated(network, chance, { times: chance.below(4), shape }), network), chance);
      return json.length < longestYaml ? json : JSON.stringify(network);
    }
  }
}

/** What YAML has beside values. */
const oddities: readonly ((text: string) => string)[] = [
  (text) => `kind: PodNetwork\napiVersion: podnet.dev/v1alpha1\nmetadata: {name: ${JSON.stringify(text)}}\nspec: {ranges: []}`,
  (text) => `? [${JSON.stringify(text)}, {a: b}]\n: c`,
  (text) => `a: &a [*a, ${JSON.stringify(text)}]`,
  (text) => `a: &a {<<: *a, ${JSON.stringify(text)}: b}`,
  (text) => `<<: [{a: b}, ${JSON.stringify(text)}]`,
  (text) => `!!binary ${JSON.stringify(text)}`,
  (text) => `a: !!set {${JSON.stringify(text)}}`,
  (text) => `a: !<tag:yaml.org,2002:js/function> ${JSON.stringify(text)}`,
  (text) => `%YAML 9.9\n---\n${text}`,
  (text) => `a: *${text}`,
  (text) => `a: |\n  ${text}\n${text}`,
  (text) => `__proto__: {isAdmin: true}\nconstructor: {prototype: {isAdmin: true}}\na: ${JSON.stringify(text)}`,
  (text) => `---\n`.repeat(200) + text,
  (text) => `{"a": 1, "a": 2, ${JSON.stringify(text)}: 3}`,
  (text) => text,
];

/** References that unfold to far more than they are. */
function bomb(chance: Chance): string {
  const [levels, wide] = [3 + chance.below(6), 2 + chance.below(9)];
  const isMap = chance.happens(0.5);
  const lines = ["a0: &a0 [x, x]"];
  for (let level = 1; level < levels; level++) {
    const items = Array.from({ length: wide }, (_, index) => (isMap ? `k${index}: *a${level - 1}` : `*a${level - 1}`)).join(", ");
    lines.push(`a${level}: &a${level} ${isMap ? `{${items}}` : `[${items}]`}`);
  }
  return `${lines.join("\n")}\nkind: PodNetwork\napiVersion: podnet.dev/v1alpha1\nmetadata: {name: bomb}\nspec: *a${levels - 1}\n`;
}

function brokenSnapshot(text: string, chance: Chance): string {
  if (chance.happens(0.2)) return mutatedBytes(text, chance, chance.below(2));
  const value: unknown = JSON.parse(text);
  return jsonOf(mutated(value, chance, { times: 1 + chance.below(2), shape: chance.happens(0.3) ? "any" : "kept" }), value);
}
