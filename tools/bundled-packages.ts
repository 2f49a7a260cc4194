import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "./problem.ts";

/** A package that is in a bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression, e.g. `"MIT"`. */
  readonly license: string;
  /** The text that comes with it; undefined: none does. */
  readonly text: string | undefined;
}

/**
 * The packages that these files are of, by name; each once.
 * @param inputs paths below `root`, e.g. `["node_modules/pino/pino.js", "cli/podnet.ts"]`
 */
export async function packagesIn(root: string, inputs: readonly string[]): Promise<BundledPackage[]> {
  const folders = new Set(inputs.map(packageFolder).filter((folder) => folder !== undefined));
  return Promise.all([...folders].toSorted().map((folder) => packageOf(join(root, folder))));
}

/** e.g. `"node_modules/@kubernetes/client-node"`, the innermost one. */
export function packageFolder(input: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];
}

async function packageOf(folder: string): Promise<BundledPackage> {
  const manifest: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const [name, version, license] = ["name", "version", "license"].map((field) => textOf(manifest, field));
  if (name === undefined || version === undefined || license === undefined)
    throw new Problem(
      `${folder}/package.json does not say name, version and license: look at it before its code is given to others.`,
    );
  const file = (await readdir(folder)).find((entry) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(entry));
  return { name, version, license, text: file === undefined ? undefined : await readFile(join(folder, file), "utf8") };
}

function textOf(manifest: unknown, field: string): string | undefined {
  const value: unknown = typeof manifest === "object" && manifest !== null ? Reflect.get(manifest, field) : undefined;
  return typeof value === "string" ? value : undefined;
}

/** All licences as one text, our own first. */
export function noticesOf(own: string, packages: readonly BundledPackage[]): string {
  const parts = packages.map(
    ({ name, version, license, text }) =>
      `${name} ${version} (${license})\n\n${text?.trim() ?? "It comes without a text of its own."}`,
  );
  return [`podnet\n\n${own.trim()}`, ...parts].join(`\n\n${"-".repeat(80)}\n\n`).concat("\n");
}
