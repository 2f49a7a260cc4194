import assert from "node:assert/strict";
import { test } from "node:test";
import { converge } from "./converge.ts";
import type { Kind, Step, World } from "./kind.ts";

const words: Kind<string> = { name: "word", key: (word) => word, differs: () => undefined };

function worldOf(items: Set<string>, log: string[]): World<string> {
  return {
    observe: () => Promise.resolve([...items]),
    apply: (steps: readonly Step<string>[]) => {
      log.push(steps.map((step) => step.op).join(" "));
      for (const step of steps) {
        if (step.want !== undefined && step.want !== "impossible") items.add(step.want);
        if (step.have !== undefined) items.delete(step.have);
      }
      const failed = steps.filter((step) => step.want === "impossible");
      return Promise.resolve(failed.map(({ op, kind, key }) => ({ op, kind, key, message: "it cannot be" })));
    },
  };
}

test("a run does what is missing, and the next run has nothing to do and writes nothing", async () => {
  const log: string[] = [];
  const world = worldOf(new Set(["old"]), log);
  const first = await converge(words, ["new"], world);
  assert.deepEqual(
    first.steps.map((step) => `${step.op} ${step.key}`),
    ["add new", "remove old"],
  );
  assert.deepEqual(await converge(words, ["new"], world), { steps: [], errors: [] });
  assert.deepEqual(log, ["add remove"]);
});

test("a step that cannot be done is reported beside those that were", async () => {
  const items = new Set<string>();
  const { errors } = await converge(words, ["impossible", "possible"], worldOf(items, []));
  assert.deepEqual(errors, [{ op: "add", kind: "word", key: "impossible", message: "it cannot be" }]);
  assert.deepEqual([...items], ["possible"]);
});
