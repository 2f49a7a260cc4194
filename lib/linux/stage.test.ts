import assert from "node:assert/strict";
import { test } from "node:test";
import type { World } from "../reconcile/kind.ts";
import { CommandError } from "./command-error.ts";
import { type FileItem, fileKind } from "./kinds/file.ts";
import { stageOf } from "./stage.ts";

const file = (path: string): FileItem => ({ path, content: "", mode: 0o644 });

/** A world that can be seen so often, and in which there is a file that nobody wants. */
function seenTimes(times: number): World<FileItem> {
  let looks = 0;
  return {
    observe: () => {
      looks += 1;
      return looks > times ? Promise.reject(new CommandError("Timeout", "it took too long")) : Promise.resolve([file("/stale")]);
    },
    apply: () => Promise.resolve([]),
  };
}

test("what could not be seen says what was left undone: all of it, or what was to be removed", async () => {
  for (const [times, steps, undone] of [
    [0, [], "done"],
    [1, ["add"], "removed"],
  ] as const) {
    const stage = stageOf(fileKind, () => [file("/wanted")], seenTimes(times));
    await stage.forward();
    await stage.backward();
    assert.deepEqual(
      stage.outcome.steps.map(({ op }) => op),
      steps,
    );
    assert.equal(stage.outcome.unseen, `file: what is there could not be seen, so nothing was ${undone}: it took too long`);
  }
});
