import { readFileSync } from "node:fs";
import { globSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** One `import` or `export … from` of a source file. */
export interface ImportEdge {
  /** A file of ours relative to the root, e.g. `"lib/net/prefix.ts"`, or a package, e.g. `"express"` or `"node:fs"`. */
  readonly target: string;
  readonly isPackage: boolean;
  /** True for `import type`: erased before anything runs. */
  readonly typeOnly: boolean;
}

/** One TypeScript file of the project. */
export interface SourceFile {
  /** Relative to the root, e.g. `"operator/plan/allocate.ts"`. */
  readonly path: string;
  /** Without comments and string contents, so that a word in prose is not a use of it. */
  readonly code: string;
  readonly lines: number;
  readonly imports: readonly ImportEdge[];
}

const importPattern = /^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\s+from\s+)?["']([^"']+)["']/gm;
const dynamicImportPattern = /\bimport\(\s*["']([^"']+)["']\s*\)/g;

/** Every TypeScript file below `root` that is ours: path → file. */
export function readSourceTree(root: string): Map<string, SourceFile> {
  const paths = globSync("**/*.ts", { cwd: root, exclude: (name) => ["node_modules", ".lab", ".git"].includes(name) });
  return new Map(paths.toSorted().map((path) => [path, sourceFile(path, readFileSync(join(root, path), "utf8"))]));
}

/** Reads one file's text. */
export function sourceFile(path: string, text: string): SourceFile {
  const uncommented = text.replace(/\/\*[\s\S]*?\*\/|(?<![:"'`\\])\/\/.*$/gm, "");
  const imports = [
    ...Array.from(uncommented.matchAll(importPattern), (m) => edge(path, m[2] ?? "", m[1] !== undefined)),
    ...Array.from(uncommented.matchAll(dynamicImportPattern), (m) => edge(path, m[1] ?? "", false)),
  ];
  const code = uncommented.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');
  return { path, code, lines: text.split("\n").length - 1, imports };
}

function edge(from: string, specifier: string, typeOnly: boolean): ImportEdge {
  if (specifier.startsWith(".")) return { target: normalize(join(dirname(from), specifier)), isPackage: false, typeOnly };
  return { target: packageName(specifier), isPackage: true, typeOnly };
}

function packageName(specifier: string): string {
  if (specifier.startsWith("node:")) return specifier;
  const [scope, name] = specifier.split("/");
  return specifier.startsWith("@") ? `${scope}/${name}` : (scope ?? specifier);
}
