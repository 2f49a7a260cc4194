import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { processMetrics } from "../lib/daemon/metric-table.ts";
import { agentMetrics } from "../node-agent/metrics.ts";
import { operatorMetrics } from "../operator/metrics.ts";
import { webhookMetrics } from "../webhooks/metrics.ts";
import { chartFiles, CRD_RIGHTS_FILE, RIGHTS_FILES } from "./chart-files.ts";
import { CRD_FILES } from "./crd-files.ts";
import { renderIdentities } from "./identity-of-manifests.ts";
import { type MetricTables, renderMetrics } from "./metrics-page.ts";
import { type ReferenceSchema, renderReference } from "./reference-of-crds.ts";
import { renderTypes } from "./types-of-crds.ts";

const root = new URL("../", import.meta.url);

/** What gives rights, or narrows them, in the order of docs/identity.md. */
const [agent, operator, webhook, ...policies] = RIGHTS_FILES;
const IDENTITY_FILES = [agent, operator, webhook, CRD_RIGHTS_FILE, "docs/plan-reader.yaml", ...policies];

const METRICS: MetricTables = {
  "Every process": processMetrics,
  Operator: operatorMetrics,
  Webhook: webhookMetrics,
  Agent: agentMetrics,
};

/** What stands in a CustomResourceDefinition, as far as it is read here. */
interface Crd {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: ReferenceSchema } }[];
  };
}

/** Every generated file: path from the root → its text. The same for the same sources, byte for byte. */
async function generated(): Promise<Map<string, string>> {
  const schemas: Record<string, ReferenceSchema> = {};
  const definitions: Crd[] = [];
  let apiVersion = "";
  for (const file of CRD_FILES) {
    const crd: Crd = parse(await readFile(new URL(file, root), "utf8"));
    const [version, ...others] = crd.spec.versions;
    if (version === undefined || others.length > 0) throw new Error(`${file}: expected exactly one version in spec.versions`);
    definitions.push(crd);
    schemas[crd.spec.names.kind] = version.schema.openAPIV3Schema;
    apiVersion = `${crd.spec.group}/${version.name}`;
  }
  const manifests: Record<string, string> = {};
  for (const file of IDENTITY_FILES) manifests[file] = await readFile(new URL(file, root), "utf8");
  return new Map([
    ["docs/identity.md", renderIdentities(manifests)],
    ["crds/types.ts", await renderTypes(schemas, apiVersion)],
    ["crds/schemas.json", `${JSON.stringify(schemas, undefined, 1)}\n`],
    ["crds/definitions.json", `${JSON.stringify(definitions, undefined, 1)}\n`],
    ["docs/reference.md", renderReference(schemas, apiVersion)],
    ["docs/metrics.md", renderMetrics(METRICS)],
    ...(await chartFiles()),
  ]);
}

/** The lines that differ between two texts, as one hunk. */
function renderDifference(path: string, have: string, want: string): string {
  const [a, b] = [have.split("\n"), want.split("\n")];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const removed = a.slice(head, a.length - tail).map((line) => `-${line}`);
  const added = b.slice(head, b.length - tail).map((line) => `+${line}`);
  return [`${path}:${head + 1}`, ...removed, ...added].join("\n");
}

async function main(check: boolean): Promise<number> {
  let differences = 0;
  for (const [path, want] of await generated()) {
    const file = new URL(path, root);
    const have = await readFile(file, "utf8").catch(() => "");
    if (have === want) continue;
    differences++;
    if (check) console.error(renderDifference(path, have, want));
    else {
      await mkdir(new URL(".", file), { recursive: true });
      await writeFile(file, want);
      console.log(`written: ${path}`);
    }
  }
  if (!check || differences === 0) return 0;
  console.error("generated files differ from what they are made of; run: npm run generate");
  return 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.includes("--check"));
