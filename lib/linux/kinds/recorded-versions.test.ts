import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { recordedKinds, recordingName } from "../../../test/recording/recorded-node.ts";
import { recorded } from "../../../test/support/recorded.ts";

const folder = join(import.meta.dirname, "testdata");

function versionsOf(tool: string): string[] {
  const names = readdirSync(folder).filter((name) => name.startsWith(`${tool}-`) && existsSync(join(folder, name, "node")));
  return names.map((name) => name.slice(tool.length + 1));
}

for (const kind of recordedKinds())
  test(`${kind.name}: every version of ${kind.tool} that was recorded prints a programmed node so that nothing is left to do`, () => {
    const versions = versionsOf(kind.tool);
    assert.ok(versions.length >= 3, `only ${versions.join(", ")}`);
    for (const version of versions) {
      const outputs = kind.show.map((_, number) => recorded(recordingName(kind, version, number)));
      assert.equal(kind.differences(outputs), "", `${kind.tool} ${version}`);
      assert.notEqual(kind.differences(kind.show.map(() => "")), "", "an empty output is not taken for it");
    }
  });
