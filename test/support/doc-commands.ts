import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../../lab/lab.ts";
import { runCommand } from "../../lab/run-command.ts";

/** The commands of the shell blocks below a heading of a page, in their order, as words: what stands in quotes is one, and so is a pipe. */
export function commandsBelow(page: string, heading: string): string[][] {
  const blocks = Array.from(sectionOf(page, heading).matchAll(/^```sh\n(.*?)^```$/gms), ([, block = ""]) => block);
  const lines = blocks.flatMap((block) => block.split("\n")).map((line) => line.replace(/(?:^| +)#.*$/, ""));
  const commands = lines.filter((line) => line !== "").map(wordsOf);
  assert.ok(commands.length > 0, `${page} has no command below ${heading}`);
  return commands;
}

/** What the blocks below a heading show of a terminal: each command after `$`, as words, and the first line that it printed. */
export function shownBelow(page: string, heading: string): { readonly command: string[]; readonly printed: string }[] {
  const blocks = sectionOf(page, heading).matchAll(/^```console\n(.*?)^```$/gms);
  const shown = Array.from(blocks).flatMap(([, block = ""]) => Array.from(block.matchAll(/^\$ (.+)\n(.+)$/gm)));
  assert.ok(shown.length > 0, `${page} shows nothing below ${heading}`);
  return shown.map(([, command = "", printed = ""]) => ({ command: wordsOf(command), printed }));
}

/** What stands below a heading; a line that begins with `#` within a fence is none. */
function sectionOf(page: string, heading: string): string {
  const text = readFileSync(join(import.meta.dirname, "../..", page), "utf8");
  const headings = Array.from(text.matchAll(/^```[^]*?^```$|^##? (.*)$/gm)).filter(([, title]) => title !== undefined);
  const at = headings.findIndex(([, title]) => title === heading);
  assert.ok(at >= 0, `${page} has no heading ${heading}`);
  return text.slice(headings[at]?.index, headings[at + 1]?.index);
}

/** As a shell has them: `a='b c'` is one word, `a=b c`. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ""),
  );
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
  const args = await Promise.all(
    words.map(async (word) => {
      const [, option = "", value = word] = /^(--[a-z-]+=)(.*)$/.exec(word) ?? [];
      return withDate(`${option}${replaced[value] ?? value}`);
    }),
  );
  // First, since what stands behind `--` is another program's.
  const { code, stdout, stderr } = await runCommand([path, `--kubeconfig=${lab.kubeconfig}`, ...args], { timeoutMs: 180_000 });
  assert.equal(code, 0, `${[program, ...words].join(" ")}: ${stderr}${stdout}`);
  return stdout;
}

/** A word with the answer of `$(date …)` in its place, the one question that a page asks within a command. */
async function withDate(word: string): Promise<string> {
  const [whole, options] = /\$\(date ([^)]*)\)/.exec(word) ?? [];
  if (whole === undefined || options === undefined) return word;
  const { stdout } = await runCommand(["date", ...options.split(" ")]);
  return word.replace(whole, stdout.trim());
}
