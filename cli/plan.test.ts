import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { before, test } from "node:test";
import { sampleCluster } from "../test/support/cluster-sample.ts";
import { readManifestFiles } from "./manifest-files.ts";
import { outputs } from "./output.ts";
import { projectState } from "./plan/cluster-state.ts";
import type { Manifest } from "./plan/manifest.ts";
import { makePlan, type Plan } from "./plan/make-plan.ts";
import { parseSnapshotFile, renderSnapshotFile } from "./plan/snapshot-file.ts";
import { renderPlan } from "./render-plan.ts";

const folder = join(import.meta.dirname, "testdata");
const golden = (name: string): string => readFileSync(join(folder, name), "utf8");

let manifests: readonly Manifest[];
let plan: Plan;

before(async () => {
  const found = await readManifestFiles([join(folder, "manifests")]);
  manifests = found.map(({ file, content }) => ({ file: relative(folder, file), content }));
  plan = makePlan({ state: savedState(), manifests, prune: true });
});

/** The cluster as a snapshot file has it: such a file stays readable. */
function savedState() {
  const parsed = parseSnapshotFile(golden("cluster.json"));
  return "problem" in parsed ? assert.fail(parsed.problem) : parsed.state;
}

for (const output of outputs)
  test(`a plan with a bit of everything, as ${output}`, () => {
    assert.equal(renderPlan(plan, { output, limit: 4, objects: false }), golden(`plan.${output}`));
  });

test("a snapshot has what plans read and nothing that identifies a machine, and reads back as it was", () => {
  const text = renderSnapshotFile(projectState(sampleCluster()));
  assert.equal(text, golden("cluster.json"));
  assert.doesNotMatch(text, /secret|MemoryPressure|lastHeartbeatTime|managedFields/);
  assert.equal(renderSnapshotFile(savedState()), text);
});

test("a snapshot that has an object twice is none", () => {
  const state = JSON.parse(golden("cluster.json"));
  const parsed = parseSnapshotFile(JSON.stringify({ ...state, nodeSubnets: [...state.nodeSubnets, state.nodeSubnets[0]] }));
  assert.match("problem" in parsed ? parsed.problem : "", /^nodeSubnets\[\d+\]: metadata\.name: .* stands in the list twice/);
});
