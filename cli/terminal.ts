import type { Command } from "commander";
import { printable } from "../lib/text/printable.ts";

/** Adds the options that say which cluster is meant. */
export function addClusterOptions(command: Command): Command {
  return command
    .option("--kubeconfig <file>", "the cluster; default: PODNET_KUBECONFIG, else the pod's own ServiceAccount")
    .option("--context <name>", "of the kubeconfig; default: its current one");
}

/** Does a command's work and sets the exit code that it gives; 1 where it throws, with the reason in one line. */
export async function attempt(name: string, work: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Some have a line for each thing that is wrong.
    process.stderr.write(`podnet ${name}: ${message.split("\n").map(printable).join("\n")}\n`);
    process.exitCode = 1;
  }
}

/** Resolves when all of it is written; a reader that has seen enough is no error. */
export async function writeText(text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.once("error", (error: NodeJS.ErrnoException) => (error.code === "EPIPE" ? resolve() : reject(error)));
    process.stdout.write(text, () => resolve());
  });
}
