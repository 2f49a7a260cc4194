import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../../lab/lab.ts";
import { runCommand } from "../../lab/run-command.ts";

/** The commands of the shell blocks below a heading of a page, in their order, as words: a page that is tested has no quotes or pipes in them. */
export function commandsBelow(page: string, heading: string): string[][] {
  const text = readFileSync(join(import.meta.dirname, "../..", page), "utf8");
  const section = text.split(/^(?=## )/m).find((part) => part.startsWith(`## ${heading}\n`));
  assert.ok(section, `${page} has no heading ${heading}`);
  const blocks = Array.from(section.matchAll(/^```sh\n(.*?)^```$/gms), ([, block = ""]) => block);
  const lines = blocks.flatMap((block) => block.split("\n")).map((line) => line.replace(/ +#.*$/, ""));
  const commands = lines.filter((line) => line !== "").map((line) => line.split(" "));
  assert.ok(commands.length > 0, `${page} has no command below ${heading}`);
  return commands;
}

/**
 * What a page asks of a cluster within its sentences, e.g. `kubectl get podnetworks`: those with an object, and each once, as words.
 * @param names word of the page → what stands for it here, e.g. `NODE` → `node-1`
 */
export function questionsOf(page: string, names: Readonly<Record<string, string>>): string[][] {
  const text = readFileSync(join(import.meta.dirname, "../..", page), "utf8");
  const asked = Array.from(text.matchAll(/`(kubectl (?:get|describe|events) [^`]+)`/g), ([, command = ""]) => command);
  const named = asked.map((command) => command.replaceAll(/\b(NODE|NAME)\b(?!:)/g, (word) => names[word] ?? word));
  return [...new Set(named)]
    .map((command) => command.split(" "))
    .filter(([, verb, object]) => verb !== "describe" || object !== "pod");
}

/**
 * Runs one of them on a lab as its administrator would; it has to succeed.
 * @param replaced word of the page → what stands for it here, e.g. a file's name; also the path of Helm
 */
export async function runDocCommand(
  lab: Lab,
  [program = "", ...words]: readonly string[],
  replaced: Readonly<Record<string, string>>,
): Promise<string> {
  const path = program === "kubectl" ? lab.binary("kubectl") : (replaced[program] ?? assert.fail(`what is ${program}?`));
  const args = words.map((word) => {
    const [, option = "", value = word] = /^(--[a-z-]+=)(.*)$/.exec(word) ?? [];
    return `${option}${replaced[value] ?? value}`;
  });
  const { code, stdout, stderr } = await runCommand([path, ...args, `--kubeconfig=${lab.kubeconfig}`], { timeoutMs: 180_000 });
  assert.equal(code, 0, `${[program, ...words].join(" ")}: ${stderr}${stdout}`);
  return stdout;
}
