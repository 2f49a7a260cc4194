import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { compileCache } from "../../tools/compile-cache.ts";

/** What a command did. */
export interface PodnetResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const program = join(import.meta.dirname, "../../cli/podnet.ts");

/** Runs `podnet` with these arguments, as a process of its own that knows of no cluster but the one that they, or its environment, name. */
export async function runPodnet(args: readonly string[], stdin = "", env: NodeJS.ProcessEnv = {}): Promise<PodnetResult> {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...compileCache, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => {}).end(stdin);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: typeof code === "number" ? code : null, stdout, stderr };
}
