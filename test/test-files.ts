import { glob } from "node:fs/promises";
import { relative } from "node:path";

/** Every test file below a folder, relative to it, sorted. */
export async function testFiles(root: string): Promise<string[]> {
  const skipped = ["node_modules", ".lab", ".git"];
  const files = await Array.fromAsync(glob("**/*.test.ts", { cwd: root, exclude: (name) => skipped.includes(name) }));
  return files.map((file) => relative(root, `${root}/${file}`)).toSorted();
}
