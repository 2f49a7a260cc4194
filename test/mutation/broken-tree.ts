import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { edited, type Mutant } from "./mutant.ts";

/** A copy of the project in which code can be broken. */
export interface BrokenTree {
  readonly folder: string;
  remove(): Promise<void>;
}

/** What is no source, or is not needed to play schedules. */
const left = new Set(["node_modules", ".git", ".lab", ".bench", ".ci", "bench", "docs", "examples", "deploy"]);

/**
 * Copies a project below `parent`, with its packages as a link, and makes the edits of a mutant, if there is one.
 * @throws where an edit cannot be made.
 */
export async function createBrokenTree(root: string, parent: string, mutant: Mutant | undefined): Promise<BrokenTree> {
  const folder = await mkdtemp(join(parent, `${mutant?.name ?? "control"}-`));
  await cp(root, folder, { recursive: true, filter: (path) => path === root || !left.has(basename(path)) });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  for (const edit of mutant?.edits ?? []) {
    const path = join(folder, edit.file);
    const result = edited(await readFile(path, "utf8"), edit);
    if ("problem" in result) throw new Error(result.problem);
    await writeFile(path, result.text);
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
