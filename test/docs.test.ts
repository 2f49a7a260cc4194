import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { logSettings } from "../cli/stage.ts";
import { nodeNetworkReasons, podNetworkReasons } from "../crds/conditions.ts";
import { eventReasons, renderEventReasons } from "../crds/event-reasons.ts";
import { type SettingTable, renderSettings } from "../lib/daemon/settings.ts";
import { agentSettings } from "../node-agent/main.ts";
import { operatorSettings } from "../operator/main.ts";
import { webhookSettings } from "../webhooks/main.ts";
import { docPages } from "../webhooks/plan/doc-pages.ts";
import { commandsBelow } from "./support/doc-commands.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

const { scripts: packageScripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(read("package.json"));

const tables: Readonly<Record<string, SettingTable>> = {
  "log of every process": logSettings,
  operator: operatorSettings,
  webhook: webhookSettings,
  agent: agentSettings,
};

/** Bad while they are True. */
const abnormal = new Set(["Reconciling", "Stalled"]);
const { Programmed: _, ...ofNodes } = nodeNetworkReasons;
/** There only while they warn of something. */
const warnings = { ...ofNodes, PodCIDRNotAdopted: [], NodeAddressConflict: [], NodesUnselected: [] };

interface ConditionRow {
  readonly type: string;
  readonly reasons: readonly string[];
  readonly status: string;
  readonly meaning: string;
  readonly remedy: string;
}

/** The rows of a table of conditions in docs/operations.md, by the heading above it. */
function conditionRows(heading: string): ConditionRow[] {
  const [, rest = ""] = read("docs/operations.md").split(`\n## ${heading}\n`);
  const [section = ""] = rest.split("\n## ");
  const rows = section.matchAll(/^\| `(\w+)` \| ([^|]+) \| (True|False|Unknown) \| ([^|]+) \| ([^|]+) \|$/gm);
  const found = Array.from(rows, ([, type = "", reasons = "", status = "", meaning = "", remedy = ""]) => ({
    type,
    reasons: Array.from(reasons.matchAll(/`(\w+)`/g), ([, reason = ""]) => reason),
    status,
    meaning,
    remedy,
  }));
  assert.ok(found.length > 0, `docs/operations.md has no table below ${heading}`);
  return found;
}

for (const [stage, table] of Object.entries(tables))
  test(`docs/operations.md has the settings of the ${stage} as they are`, () => {
    assert.ok(read("docs/operations.md").includes(renderSettings(table)), `put this table there:\n\n${renderSettings(table)}`);
  });

test("docs/operations.md has the reasons of Events as they are", () => {
  assert.ok(read("docs/operations.md").includes(renderEventReasons()), `put this table there:\n\n${renderEventReasons()}`);
});

test("docs/operations.md has every reason of a PodNetwork's conditions; those that sum up others may refer to them", () => {
  const rows = conditionRows("Conditions of a PodNetwork").map(({ type, reasons: [reason] }) => `${type} ${reason}`);
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

test("docs/operations.md has every reason of a NodeNetwork's conditions", () => {
  const rows = conditionRows("Conditions of a NodeNetwork").flatMap(({ type, reasons }) =>
    reasons.map((one) => `${type} ${one}`),
  );
  const known = Object.entries(nodeNetworkReasons).flatMap(([type, reasons]) => reasons.map((reason) => `${type} ${reason}`));
  assert.deepEqual(rows.toSorted(), known.toSorted());
});

test("every reason that an agent gives is among those of a NodeNetwork's conditions", () => {
  const files = ["faults", "subnet-faults", "own-network", "mtu"].map((name) => read(`node-agent/plan/${name}.ts`)).join("\n");
  const given = Array.from(files.matchAll(/(?:reason|code): "(\w+)"/g), ([, reason = ""]) => reason);
  const kinds = globSync("!(*.test).ts", { cwd: join(root, "lib/linux/kinds") }).flatMap(
    (file) => /(?:^ +name: |Name = )"(\w+)"[,;]$/m.exec(read(`lib/linux/kinds/${file}`))?.[1] ?? [],
  );
  // A nexthop or a port that cannot be made is no fault of the node.
  const named = kinds
    .filter((kind) => !["nexthop", "port"].includes(kind))
    .map((kind) => `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`);
  const known: readonly string[] = nodeNetworkReasons.Programmed;
  assert.ok(given.length > 12 && named.length >= 8, `${given.join()} ${named.join()}`);
  for (const reason of [...given, ...named.flatMap((kind) => [`${kind}Failed`, `${kind}Unseen`])])
    assert.ok(known.includes(reason), `${reason} is not in nodeNetworkReasons`);
  const findings = read("node-agent/plan/node-status.ts").matchAll(/[fF]inding\(\s*"(\w+)",\s*"(\w+)"/g);
  const warnings = Array.from(findings, ([, type = "", reason = ""]) => ({ type, reason }));
  assert.ok(warnings.length > 5);
  const table: Readonly<Record<string, readonly string[]>> = nodeNetworkReasons;
  for (const { type, reason } of warnings) assert.ok(table[type]?.includes(reason), `${type} ${reason}`);
});

test("every condition says what it means and what to do, and so does every Event; only what is well, or over, needs nothing", () => {
  const rows = ["Conditions of a PodNetwork", "Conditions of a NodeNetwork", "The condition of a Node"].flatMap(conditionRows);
  for (const { type, reasons, status, meaning, remedy } of rows) {
    assert.match(meaning, /^[A-Z].{10,}\.$/, `${type} ${reasons.join()}`);
    assert.ok(remedy.length > 0, `${type} ${reasons.join()}: what to do?`);
    const isWell = abnormal.has(type) ? status === "False" : status === "True" && !(type in warnings);
    if (!isWell && type !== "NetworkUnavailable") assert.notEqual(remedy, "nothing", `${type} ${reasons.join()}`);
  }
  for (const [reason, { type, remedy }] of Object.entries(eventReasons))
    if (type === "Warning") assert.notEqual(remedy, "nothing", reason);
});

test("docs/operations.md has every setting that the product declares, wherever that is", () => {
  const files = globSync("{cli,cni,lib,node-agent,operator,webhooks}/**/*.ts", { cwd: root });
  const declared = files
    .filter((file) => !file.endsWith(".test.ts"))
    .flatMap((file) => Array.from(read(file).matchAll(/\benv: "([A-Z_]+)"/g), ([, name = ""]) => name));
  assert.ok(declared.length > 10);
  for (const name of declared) assert.ok(read("docs/operations.md").includes(`| \`${name}\` |`), `${name} is not there`);
});

for (const file of ["classic.conf", "one-family.conflist", "classic-explained.txt"])
  test(`docs/cni.md shows ${file} as it is tested`, () => {
    assert.ok(read("docs/cni.md").includes(read(`cni/plan/testdata/${file}`).trimEnd()));
  });

test("every page that a warning names has that heading", () => {
  for (const [page = "", heading = ""] of Object.values(docPages).map((link) => link.split("#")))
    assert.ok(anchorsOf(page).includes(heading), `${page} has no #${heading}`);
});

test("every link between documents leads somewhere, to a heading that is there", () => {
  const pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...globSync("docs/**/*.md", { cwd: root })];
  for (const page of pages)
    for (const [, target = "", anchor] of withoutCode(read(page)).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)]+))?\)/g)) {
      const path = target === "" ? page : join(page, "..", target);
      assert.doesNotThrow(() => readFileSync(join(root, path)), `${page} links to ${target}`);
      if (anchor !== undefined) assert.ok(anchorsOf(path).includes(anchor), `${page} links to #${anchor}, which ${path} lacks`);
    }
});

function withoutCode(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, "").replaceAll(/`[^`\n]*`/g, "");
}

/** The headings of a page as links name them. */
function anchorsOf(page: string): string[] {
  return Array.from(read(page).matchAll(/^#+ (.+)$/gm), ([, text = ""]) =>
    text
      .toLowerCase()
      .replaceAll(" ", "-")
      .replaceAll(/[^\p{L}\p{N}_-]/gu, ""),
  );
}

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

/** A fenced block of a page. */
interface Fence {
  /** Page and heading, e.g. `"docs/plan.md: By hand"`. */
  readonly place: string;
  /** As the fence says it; empty where it says nothing. */
  readonly language: string;
  readonly firstLine: string;
}

const shells = new Set(["sh", "bash", "console"]);

/** All fenced blocks of the pages; a line that begins with `#` within one is no heading. */
function fences(): Fence[] {
  const parts = /^```(\w*)\n(.*)\n(?:[^]*?\n)??```$|^##? (.*)$/gm;
  return globSync(["*.md", "docs/**/*.md"], { cwd: root }).flatMap((page) => {
    let place = page;
    return Array.from(read(page).matchAll(parts)).flatMap(([, language = "", firstLine = "", heading]) => {
      if (heading === undefined) return [{ place, language, firstLine }];
      place = `${page}: ${heading}`;
      return [];
    });
  });
}

test("a block that begins with a command says that it is one, so that the next test sees it", () => {
  const programs =
    "alias|bridge|crictl|ctr|curl|docker|git|helm|ip|journalctl|kind|kubectl|modprobe|nft|node|np[mx]|podnet|skopeo|sudo|systemctl";
  const command = new RegExp(`^(?:[$] )?(?:${programs})(?: |$)`);
  const all = fences();
  assert.ok(all.length > 40 && all.some(({ language }) => language === ""));
  const hidden = all.filter(({ language, firstLine }) => !shells.has(language) && command.test(firstLine));
  assert.deepEqual(hidden, []);
});

/** Page and heading of every block of commands → the test that types them, or why none does. */
const typedBy: Readonly<Record<string, string>> = {
  "README.md: podnet": "test/delivery/manifest.test.ts",
  "README.md: See it run": "test/docs.test.ts",
  "docs/gitops.md: What Argo CD has to know": "test/support/gitops-lab.ts",
  "docs/gitops.md: Removing a network": "test/delivery/argocd.test.ts",
  "docs/gitops.md: Removing podnet": "test/delivery/argocd.test.ts",
  "docs/install.md: The image":
    "docker is no program of the lab, which builds the same folder by buildah; the arguments are held to the Dockerfile below",
  "docs/install.md: With Helm": "test/delivery/upgrade.test.ts",
  "docs/install.md: Without Helm": "test/delivery/manifest.test.ts",
  "docs/install.md: What differs by distribution": "kind needs a container runtime that the lab is not",
  "docs/operations.md: Upgrading": "test/delivery/upgrade.test.ts",
  "docs/operations.md: Rolling back": "test/delivery/upgrade.test.ts",
  "docs/operations.md: Rolling back without Helm": "test/delivery/manifest.test.ts",
  "docs/operations.md: Uninstalling, and installing again": "test/delivery/upgrade.test.ts",
  "docs/operations.md: Uninstalling without Helm": "test/delivery/manifest.test.ts",
  "docs/operations.md: Removing podnet for good": "test/delivery/upgrade.test.ts",
  "docs/operations.md: Backup": "test/delivery/manifest.test.ts",
  "docs/operations.md: Changing what podnet writes": "test/contract/claim-guard.test.ts",
  "docs/plan.md: Where the command is": "test/delivery/manifest.test.ts",
  "docs/plan.md: By hand": "test/contract/plan.test.ts",
  "docs/runbooks.md: What to do when an alert fires": "test/delivery/manifest.test.ts",
};

test("every block of commands in the pages is typed by a test, which names it", () => {
  const blocks = fences().filter(({ language }) => shells.has(language));
  assert.deepEqual([...new Set(blocks.map(({ place }) => place))].toSorted(), Object.keys(typedBy).toSorted());
  for (const [place, by] of Object.entries(typedBy)) {
    const [page = "", heading = ""] = place.split(": ");
    if (!by.endsWith(".ts")) continue;
    assert.ok(read(by).includes(JSON.stringify(heading)), `${by} types what ${page} has below ${heading}`);
  }
});

test("the commands of README.md are there, and CI runs the first two on a fresh clone", () => {
  const commands = commandsBelow("README.md", "See it run");
  assert.ok(commands.length > 4);
  for (const [index, words] of commands.entries()) {
    const [npm, , script = ""] = words[1] === "test" ? ["npm", "run", "test"] : words;
    assert.ok(npm === "npm" && script in packageScripts, words.join(" "));
    if (index < 2) assert.ok(read(".ci/run").includes(`\n${words.join(" ")} || `), `.ci/run does not run ${words.join(" ")}`);
    const [program = ""] = /lab\/[\w-]+\.ts/.exec(packageScripts[script] ?? "") ?? [];
    const options = words.slice(3);
    for (const option of options.filter((word) => /^--\w/.test(word)))
      assert.ok(read(program).includes(`"${option}`), `${program} has no ${option}`);
    for (const name of options.filter((word) => word.includes("|")).flatMap((word) => word.split("|")))
      assert.match(read(program), new RegExp(`\\.command\\("${name}[" ]`), name);
  }
});

test("docs/install.md gives the image's Dockerfile every argument that it takes and buildx does not give by itself", () => {
  const taken = Array.from(read("deploy/image/Dockerfile").matchAll(/^ARG (\w+)/gm), ([, name = ""]) => name);
  assert.deepEqual(taken, ["BASE", "TARGETARCH", "VERSION", "REVISION"]);
  const [, build = []] = commandsBelow("docs/install.md", "The image");
  const given = build.flatMap((word) => /^--build-arg=(\w+)=./.exec(word)?.[1] ?? []);
  assert.deepEqual(given, ["VERSION", "REVISION"]);
  assert.ok(build.some((word) => /^--tag=.+:\d/.test(word)));
});
