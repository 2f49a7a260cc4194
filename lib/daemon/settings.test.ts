import assert from "node:assert/strict";
import { test } from "node:test";
import {
  choice,
  flag,
  integer,
  listenAddress,
  optionalText,
  readSettings,
  renderSettings,
  type Setting,
  SettingsError,
  text,
} from "./settings.ts";

const table = {
  node: text({ env: "PODNET_NODE", help: "Name of this node." }),
  level: choice({ env: "PODNET_LEVEL", fallback: "info", of: ["info", "debug"], help: "What is logged." }),
  workers: integer({ env: "PODNET_WORKERS", fallback: "4", min: 1, max: 64, help: "Work at a time." }),
  listen: listenAddress({ env: "PODNET_LISTEN", fallback: "127.0.0.1:9440", help: "Where to listen." }),
  dry: flag({ env: "PODNET_DRY", fallback: "false", help: "Write nothing." }),
  file: optionalText({ env: "PODNET_FILE", help: "A file." }),
};

test("what is set is read by its kind, what is not set gets its default", () => {
  assert.deepEqual(readSettings(table, { PODNET_NODE: "node-1" }), {
    node: "node-1",
    level: "info",
    workers: 4,
    listen: { host: "127.0.0.1", port: 9440 },
    dry: false,
    file: undefined,
  });
  const env = {
    PODNET_NODE: "n",
    PODNET_LEVEL: "debug",
    PODNET_WORKERS: "64",
    PODNET_LISTEN: "[::]:1",
    PODNET_DRY: "true",
    PODNET_FILE: "/x",
  };
  assert.deepEqual(readSettings(table, env), {
    node: "n",
    level: "debug",
    workers: 64,
    listen: { host: "::", port: 1 },
    dry: true,
    file: "/x",
  });
});

test("an empty variable counts as unset", () => {
  const values = readSettings(table, { PODNET_NODE: "n", PODNET_WORKERS: "", PODNET_FILE: "" });
  assert.deepEqual([values.workers, values.file], [4, undefined]);
});

test("everything that is wrong is told at once, with its name, its value and what is accepted", () => {
  const env = { PODNET_LEVEL: "loud", PODNET_WORKERS: "0", PODNET_LISTEN: "9440", PODNET_DRY: "yes" };
  assert.throws(
    () => readSettings(table, env),
    (error) => {
      assert.ok(error instanceof SettingsError);
      assert.equal(
        error.message,
        [
          "cannot start, 5 settings are wrong:",
          "  PODNET_NODE is not set: set it to a text. Name of this node.",
          '  PODNET_LEVEL is "loud": set it to one of info, debug. What is logged.',
          '  PODNET_WORKERS is "0": set it to a whole number from 1 to 64. Work at a time.',
          '  PODNET_LISTEN is "9440": set it to an address and a port, e.g. "127.0.0.1:9440" or "[::]:9440". Where to listen.',
          '  PODNET_DRY is "yes": set it to true or false. Write nothing.',
        ].join("\n"),
      );
      return true;
    },
  );
});

test("texts that only look right are refused", () => {
  const refused = (setting: Setting<unknown>, ...values: readonly string[]) =>
    assert.deepEqual(
      values.filter((value) => setting.parse(value) !== undefined),
      [],
    );
  refused(table.workers, "4.0", " 4", "4 ", "+4", "0x4", "1e1", "65", "-1", "9999999999999999");
  refused(table.listen, "localhost", ":80", "::1:80", "[::1]", "[::1]:", "host:99999", "ho st:80", "host:80/x");
  refused(table.dry, "True", "1", "toString");
});

test("the table can be printed for people", () => {
  assert.equal(
    renderSettings({ node: table.node, workers: table.workers, file: table.file }),
    [
      "| variable | default | accepts | meaning |",
      "|---|---|---|---|",
      "| `PODNET_NODE` | required | a text | Name of this node. |",
      "| `PODNET_WORKERS` | `4` | a whole number from 1 to 64 | Work at a time. |",
      "| `PODNET_FILE` | none | a text | A file. |",
    ].join("\n"),
  );
});
