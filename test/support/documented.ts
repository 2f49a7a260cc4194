import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../../lab/lab.ts";
import { runCommand } from "../../lab/run-command.ts";

const root = join(import.meta.dirname, "../..");

/** The commands that a page shows below a heading, in order, each as its words: one line is one command, and words have no spaces in them. */
export function documentedCommands(page: string, heading: string): string[][] {
  const text = readFileSync(join(root, page), "utf8");
  const section = text.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`${page} has no heading ${heading}`);
  const blocks = Array.from(section.matchAll(/^```sh\n(.*?)^```$/gms), ([, block = ""]) => block);
  const commands = blocks.flatMap((block) => block.split("\n")).filter((line) => line.trim() !== "");
  if (commands.length === 0) throw new Error(`${page} shows no command below ${heading}`);
  return commands.map((line) => line.trim().split(/ +/));
}

/**
 * Runs what a page shows, in the project's folder, as an administrator of a lab; it may show kubectl alone.
 * @throws where a command fails, with what it said.
 */
export async function runDocumented(lab: Lab, page: string, heading: string): Promise<void> {
  for (const [program = "", ...words] of documentedCommands(page, heading)) {
    if (program !== "kubectl") throw new Error(`${page} shows ${program}, which is not run here`);
    const argv = [lab.binary(program), ...words, `--kubeconfig=${lab.kubeconfig}`];
    const { code, stdout, stderr } = await runCommand(argv, { cwd: root, timeoutMs: 120_000 });
    if (code !== 0) throw new Error(`${program} ${words.join(" ")} of ${page} ended with ${code}: ${stdout}${stderr}`);
  }
}
