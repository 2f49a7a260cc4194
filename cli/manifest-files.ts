import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { LineCounter, parseAllDocuments } from "yaml";
import { cut, printable } from "../lib/text/printable.ts";
import type { Manifest } from "./plan/manifest.ts";

const endings = [".yaml", ".yml", ".json"];

/**
 * Every document of these files, of all files below these folders that end like YAML or JSON, and of standard input for `-`. In the order of their names;
 * what begins with a dot is passed over.
 * @throws {Error} naming the file, and the line where it is no YAML.
 */
export async function readManifestFiles(paths: readonly string[]): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for (const path of paths) {
    if (path === "-") manifests.push(...documentsOf("standard input", await text(process.stdin)));
    else for (const file of await filesOf(path)) manifests.push(...documentsOf(file, await readFile(file, "utf8")));
  }
  return manifests;
}

async function filesOf(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => !name.startsWith(".")).toSorted();
  const found: string[] = [];
  for (const name of names) {
    const below = join(path, name);
    const isFolder = (await stat(below)).isDirectory();
    if (isFolder) found.push(...(await filesOf(below)));
    else if (endings.some((ending) => name.endsWith(ending))) found.push(below);
  }
  return found;
}

/**
 * The documents of a file's text; empty ones are left out.
 * @throws {Error} naming the file and the line where it is no YAML.
 */
export function documentsOf(file: string, source: string): Manifest[] {
  if (abyss.test(source)) throw new Error(`${file}: ${tooDeep}`);
  const lineCounter = new LineCounter();
  const documents = valueOf(file, () =>
    parseAllDocuments(source, { lineCounter, prettyErrors: false, merge: true, logLevel: "error" }),
  );
  return Array.from(documents).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(`${file}:${lineCounter.linePos(error.pos[0]).line}: ${quoted(error.message)}`);
    const content: unknown = valueOf(file, () => document.toJS());
    return content === null ? [] : [{ file, content }];
  });
}

/** Two hundred lists or mappings, each the first thing in the one before. A reader of YAML would go down to the end of its stack, and take long for that. */
const abyss = /(?:[[{]\s*(?:"[^"\n]{0,100}"\s*:\s*)?){200}|(?:[-?:][ \t\n]+){200}/;
const tooDeep = "it is nested hundreds of levels deep; write it with fewer, as no manifest needs more than a dozen";

/** References may lead nowhere, or unfold to more than anyone means. */
function valueOf<T>(file: string, give: () => T): T {
  try {
    return give();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${file}: ${/call stack/.test(message) ? tooDeep : quoted(message)}`, { cause: error });
  }
}

/** The reader quotes what it could not read. */
function quoted(message: string): string {
  return cut(printable(message), 1_000);
}
