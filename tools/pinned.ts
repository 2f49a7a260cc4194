import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { entryName } from "./cache.ts";
import type { Family } from "./family.ts";
import { parseGoMod } from "./go-module.ts";
import { type Recipe, recipeOf } from "./recipe.ts";

/** A family at the version that its go.mod pins. */
export interface Pinned {
  readonly recipe: Recipe;
  /** With its v, e.g. `"v1.37.2"`. */
  readonly version: string;
  /** The same as its project numbers it, e.g. `"v3.16.0"` for v0.316.0 of Prometheus. */
  readonly release: string;
  readonly leastGo: string;
  /** The folder of its Go module. */
  readonly folder: string;
  /** Its name in the cache, e.g. `"etcd-v3.6.7-1f0c9a52be"`. */
  readonly entry: string;
}

/** Reads what a family is pinned to, from `tools/go/<family>`. */
export async function readPinned(family: Family): Promise<Pinned> {
  const recipe = recipeOf(family);
  const folder = join(import.meta.dirname, "go", family);
  const names = (await readdir(folder)).toSorted();
  const files = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  const { go, requires } = parseGoMod(files[names.indexOf("go.mod")] ?? "");
  const version = requires.get(recipe.module);
  if (version === undefined) throw new Error(`${folder}/go.mod does not require ${recipe.module}`);
  const { packages, moduleFiles = [] } = recipe;
  const ingredients = [process.arch, ...packages, ...moduleFiles, ...recipe.flags(version), ...names, ...files];
  const release = recipe.releaseOf?.(version) ?? version;
  return { recipe, version, release, leastGo: go, folder, entry: entryName(family, version, ingredients) };
}
