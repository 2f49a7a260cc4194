import assert from "node:assert/strict";
import { test } from "node:test";
import { join } from "node:path";
import { readSourceTree, sourceFile, type SourceFile } from "./support/source-tree.ts";

const root = join(import.meta.dirname, "..");
const tree = readSourceTree(root);
const isTest = (path: string) => path.endsWith(".test.ts") || path.startsWith("test/");
const product = [...tree.values()].filter((file) => !isTest(file.path));
const folder = (path: string) => path.split("/")[0] ?? "";

const stages = ["webhooks", "operator", "node-agent", "cni"];

/** Folder of a stage → what it may import besides `crds`, `lib/net`, `lib/text`, `lib/reconcile`, `lib/daemon` and itself. */
const portsOfStage: Record<string, readonly string[]> = {
  webhooks: ["lib/kube"],
  operator: ["lib/kube"],
  "node-agent": ["lib/kube", "lib/linux", "cni"],
  cni: ["lib/linux"],
};

/** Package → the only files that may import it, as prefixes. */
const placeOfPackage: Record<string, readonly string[]> = {
  "@kubernetes/client-node": ["lib/kube/"],
  undici: ["lib/kube/"],
  express: ["webhooks/server.ts"],
  ajv: ["crds/parse.ts", "crds/schema.ts"],
  pino: ["lib/daemon/log.ts"],
  "prom-client": ["lib/daemon/metrics.ts"],
  "json-schema-to-typescript": ["tools/"],
  "ip-bigint": ["lib/net/address.ts"],
  "@peculiar/x509": ["webhooks/", "lab/"],
  "reflect-metadata": ["webhooks/", "lab/"],
  commander: ["cli/", "lab/", "tools/"],
  yaml: ["cli/", "lab/", "tools/"],
  esbuild: ["tools/bundle.ts"],
};

/** A Node module that only calculates, in the one file that needs it. */
const harmlessBuiltins: Record<string, readonly string[]> = {
  "node:net": ["lib/net/address.ts"],
  "node:crypto": ["lib/net/mac.ts"],
  "node:util": ["node-agent/plan/drift.ts", "node-agent/plan/report-time.ts", "operator/plan/status-change.ts"],
};

function isPure(path: string): boolean {
  if (isTest(path)) return false;
  return (
    /(^|\/)plan\//.test(path) ||
    /^(crds|lib\/net|lib\/text|lib\/linux\/kinds)\//.test(path) ||
    /^lib\/reconcile\/(bug|kind|diff|explain)\.ts$/.test(path)
  );
}

/** Every place of `files` where `wrong` gives a reason. */
function offences(files: readonly SourceFile[], wrong: (file: SourceFile) => readonly string[]): string[] {
  return files.flatMap((file) => wrong(file).map((reason) => `${file.path}: ${reason}`));
}

test("pure files import nothing that reads or changes the world, however far away", () => {
  const allowedPackages = new Set(["ip-bigint", "ajv"]);
  assert.deepEqual(
    offences(
      product.filter((file) => isPure(file.path)),
      (file) =>
        file.imports
          .filter((edge) => !edge.typeOnly)
          .filter((edge) => {
            if (!edge.isPackage) return !isPure(edge.target) && !edge.target.endsWith(".json");
            return !allowedPackages.has(edge.target) && !harmlessBuiltins[edge.target]?.includes(file.path);
          })
          .map((edge) => `imports ${edge.target}`),
    ),
    [],
  );
});

test("pure files use no clock, chance, environment, timer or console", () => {
  const impure = /\b(process\.|Date\.now|new Date\(\)|Math\.random|performance\.|console\.|setTimeout|setInterval|fetch\()/;
  assert.deepEqual(
    offences(
      product.filter((file) => isPure(file.path)),
      (file) => impure.exec(file.code)?.slice(0, 1) ?? [],
    ),
    [],
  );
});

test("a stage imports no other stage and only its own ports", () => {
  const shared = ["crds", "lib/net", "lib/text", "lib/reconcile", "lib/daemon"];
  assert.deepEqual(
    offences(
      product.filter((file) => stages.includes(folder(file.path))),
      (file) => {
        const own = folder(file.path);
        const allowed = [...shared, own, ...(portsOfStage[own] ?? [])];
        return file.imports
          .filter((edge) => !edge.isPackage && !allowed.some((place) => edge.target.startsWith(`${place}/`)))
          .map((edge) => `imports ${edge.target}`);
      },
    ),
    [],
  );
});

test("the shared folders import no stage, and the two ports do not know each other", () => {
  const forbidden = (path: string): readonly string[] => {
    if (path.startsWith("lib/kube/")) return [...stages, "cli", "lab", "tools", "lib/linux"];
    if (path.startsWith("lib/linux/")) return [...stages, "cli", "lab", "tools", "lib/kube"];
    if (path.startsWith("lib/")) return [...stages, "crds", "cli", "lab", "tools"];
    return [...stages, "cli", "lab", "tools"];
  };
  assert.deepEqual(
    offences(
      product.filter((file) => ["lib", "crds"].includes(folder(file.path))),
      (file) =>
        file.imports
          .filter((edge) => !edge.isPackage && forbidden(file.path).some((place) => edge.target.startsWith(`${place}/`)))
          .map((edge) => `imports ${edge.target}`),
    ),
    [],
  );
});

test("a package is imported only where it belongs", () => {
  assert.deepEqual(
    offences(product, (file) =>
      file.imports
        .filter((edge) => edge.isPackage && !edge.target.startsWith("node:"))
        .filter((edge) => !placeOfPackage[edge.target]?.some((place) => file.path.startsWith(place)))
        .map((edge) => `imports ${edge.target}`),
    ),
    [],
  );
});

test("only the kernel port, the lab and the tools start processes", () => {
  assert.deepEqual(
    offences(product, (file) =>
      file.imports
        .filter((edge) => edge.target === "node:child_process" && !/^(lib\/linux|lab|tools)\//.test(file.path))
        .map((edge) => `imports ${edge.target}`),
    ),
    [],
  );
});

test("the environment is read in one place, and only an entry point ends the process", () => {
  const product = [...tree.values()].filter((file) => !isTest(file.path) && !/^(lab|tools)\//.test(file.path));
  assert.deepEqual(
    offences(product, (file) => {
      const found: string[] = [];
      if (/\bprocess\.env\b/.test(file.code) && file.path !== "lib/daemon/settings.ts") found.push("reads process.env");
      if (/\bprocess\.exit\(/.test(file.code) && !/^(cli\/podnet|lib\/daemon\/stop)\.ts$/.test(file.path))
        found.push("calls process.exit");
      return found;
    }),
    [],
  );
});

test("no file imports itself by way of others", () => {
  const finished = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    if (trail.includes(path)) {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
      return;
    }
    if (finished.has(path)) return;
    for (const edge of tree.get(path)?.imports ?? []) if (!edge.typeOnly && !edge.isPackage) visit(edge.target, [...trail, path]);
    finished.add(path);
  };
  for (const path of tree.keys()) visit(path, []);
  assert.deepEqual(cycles, []);
});

test("files are small and named after one thing", () => {
  const generated = new Set(["crds/types.ts"]);
  const forbiddenName = /(^|\/)(utils?|helpers?|common|misc|manager|index|types)\.ts$/;
  assert.deepEqual(
    offences([...tree.values()], (file) => {
      if (generated.has(file.path)) return [];
      const found: string[] = [];
      if (file.lines > 300) found.push(`${file.lines} lines; 300 is the limit`);
      if (forbiddenName.test(file.path)) found.push("says nothing by its name");
      if (/^[^a-z]|[A-Z_]/.test(file.path.split("/").at(-1) ?? "")) found.push("is not in kebab case");
      if (/\bexport default\b/.test(file.code)) found.push("has a default export");
      return found;
    }),
    [],
  );
});

test("the reader of sources sees imports of every form and is not misled by comments", () => {
  const file = sourceFile(
    "operator/plan/x.ts",
    [
      'import type { A } from "../../crds/types.ts";',
      "import {\n  b,\n  c,\n} from './b.ts';",
      'export { d } from "node:fs";',
      'import "reflect-metadata";',
      '// import { no } from "commented";',
      'const late = await import("@kubernetes/client-node/dist/x.js");',
    ].join("\n"),
  );
  assert.deepEqual(file.imports, [
    { target: "crds/types.ts", isPackage: false, typeOnly: true },
    { target: "operator/plan/b.ts", isPackage: false, typeOnly: false },
    { target: "node:fs", isPackage: true, typeOnly: false },
    { target: "reflect-metadata", isPackage: true, typeOnly: false },
    { target: "@kubernetes/client-node", isPackage: true, typeOnly: false },
  ]);
});
