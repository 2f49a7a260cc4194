import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { logSettings } from "../cli/stage.ts";
import { podNetworkReasons } from "../crds/conditions.ts";
import { renderEventReasons } from "../crds/event-reasons.ts";
import { type SettingTable, renderSettings } from "../lib/daemon/settings.ts";
import { agentSettings } from "../node-agent/main.ts";
import { operatorSettings } from "../operator/main.ts";
import { webhookSettings } from "../webhooks/main.ts";
import { docPages } from "../webhooks/plan/doc-pages.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

const tables: Readonly<Record<string, SettingTable>> = {
  "log of every process": logSettings,
  operator: operatorSettings,
  webhook: webhookSettings,
  agent: agentSettings,
};

for (const [stage, table] of Object.entries(tables))
  test(`docs/operations.md has the settings of the ${stage} as they are`, () => {
    assert.ok(read("docs/operations.md").includes(renderSettings(table)), `put this table there:\n\n${renderSettings(table)}`);
  });

test("docs/operations.md has the reasons of Events as they are", () => {
  assert.ok(read("docs/operations.md").includes(renderEventReasons()), `put this table there:\n\n${renderEventReasons()}`);
});

test("docs/operations.md has every reason of a PodNetwork's conditions; those that sum up others may refer to them", () => {
  const page = read("docs/operations.md");
  const rows = Array.from(
    page.matchAll(/^\| `(\w+)` \| `(\w+)` \| (?:True|False|Unknown) \|/gm),
    ([, type, reason]) => `${type} ${reason}`,
  );
  const { Ready, Reconciling, Stalled, ...others } = podNetworkReasons;
  const known = Object.entries(podNetworkReasons).flatMap(([type, reasons]) => reasons.map((reason) => `${type} ${reason}`));
  for (const row of rows) assert.ok(known.includes(row), `${row} is no reason`);
  for (const [type, reasons] of Object.entries(others))
    for (const reason of reasons) assert.ok(rows.includes(`${type} ${reason}`), `${type} ${reason} is not there`);
  for (const reason of [...Ready, ...Reconciling, ...Stalled])
    assert.ok(
      rows.some((row) => row.endsWith(` ${reason}`)),
      `${reason} is not there`,
    );
});

test("docs/operations.md has every setting that the product declares, wherever that is", () => {
  const files = globSync("{cli,cni,lib,node-agent,operator,webhooks}/**/*.ts", { cwd: root });
  const declared = files
    .filter((file) => !file.endsWith(".test.ts"))
    .flatMap((file) => Array.from(read(file).matchAll(/\benv: "([A-Z_]+)"/g), ([, name = ""]) => name));
  assert.ok(declared.length > 10);
  for (const name of declared) assert.ok(read("docs/operations.md").includes(`| \`${name}\` |`), `${name} is not there`);
});

for (const file of ["classic.conf", "plain.conflist", "classic-explained.txt"])
  test(`docs/cni.md shows ${file} as it is tested`, () => {
    assert.ok(read("docs/cni.md").includes(read(`cni/plan/testdata/${file}`).trimEnd()));
  });

/** As GitHub makes them of headings. */
function anchorsOf(page: string): Set<string> {
  const headings = Array.from(read(page).matchAll(/^#+ (.+)$/gm), ([, text = ""]) => text.toLowerCase().replaceAll(" ", "-"));
  return new Set(headings.map((text) => text.replaceAll(/[^a-z0-9-]/g, "")));
}

test("every page that a warning names has that heading", () => {
  for (const [page = "", heading = ""] of Object.values(docPages).map((link) => link.split("#")))
    assert.ok(anchorsOf(page).has(heading), `${page} has no #${heading}`);
});

test("every link between documents leads somewhere, to a heading too", () => {
  const pages = ["README.md", "CONTRIBUTING.md", ...globSync("docs/*.md", { cwd: root })];
  assert.ok(pages.length > 10);
  for (const page of pages)
    for (const [, target = "", anchor] of read(page).matchAll(/\]\((?!https?:)([\w./-]*)(?:#([\w-]+))?\)/g)) {
      const path = target === "" ? page : join(page, "..", target);
      assert.doesNotThrow(() => readFileSync(join(root, path)), `${page} links to ${target}`);
      if (anchor !== undefined) assert.ok(anchorsOf(path).has(anchor), `${page} links to ${target}#${anchor}`);
    }
});

test("every file that a document names in a table of the architecture exists", () => {
  for (const [, path = ""] of read("docs/architecture.md").matchAll(
    /`((?:crds|webhooks|operator|node-agent|cni|lib|deploy|test)\/[a-z/-]+\.(?:ts|yaml))`/g,
  ))
    assert.doesNotThrow(() => readFileSync(join(root, path)), path);
});

test("every test that docs/security.md names is there", () => {
  const places = Array.from(read("docs/security.md").matchAll(/`([a-z][\w/.-]+\.(?:test\.ts|yaml))`: ("[^|;]+")/g));
  const named = places.flatMap(([, path = "", names = ""]) =>
    Array.from(names.matchAll(/"([^"]+)"/g), ([, name = ""]) => ({ path, name })),
  );
  assert.ok(named.length > 12);
  for (const { path, name } of named) assert.ok(read(path).includes(name), `${path} has no "${name}"`);
  for (const path of ["gateway-guard", "router-guard", "host-port"].map((file) => `test/kernel/${file}.cluster.test.ts`))
    for (const [, name = ""] of read(path).matchAll(/^test\("([^"]+)"/gm))
      assert.ok(
        named.some((one) => one.path === path && one.name === name),
        `"${name}" of ${path} is not there`,
      );
});
