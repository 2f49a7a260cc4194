import { exec } from "./exec.ts";
import type { Pinned } from "./pinned.ts";

/** Whether a text names a version exactly, e.g. `"etcd Version: 3.6.7"` names `"v3.6.7"` and not `"v3.6.70"`. */
export function namesVersion(text: string, version: string): boolean {
  const number = version.replace(/^v/, "").replaceAll(".", "\\.");
  return new RegExp(`(^|[^0-9.])${number}($|[^0-9.])`).test(text);
}

/** Runs a program for its version; gives what is wrong in words, e.g. `"says \"Kubernetes v1.36.0\" instead of v1.37.2"`, or undefined. */
export async function versionFlaw(file: string, program: string, pinned: Pinned): Promise<string | undefined> {
  const { code, output } = await exec([file, ...pinned.recipe.versionArguments(program)], { timeoutMs: 20_000 });
  const text = output.join(" ");
  if (code !== 0) return `cannot run: ${text}`;
  return namesVersion(text, pinned.release) ? undefined : `says "${text.slice(0, 100)}" instead of ${pinned.release}`;
}
