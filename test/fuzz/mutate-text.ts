import type { Chance } from "../simulation/chance.ts";
import { hostileText } from "./hostile.ts";

/** A text with so many changes of its characters and pieces, as a broken disk, or a hand, would make them. */
export function mutatedText(text: string, chance: Chance, times: number): string {
  let result = text;
  for (let time = 0; time < times; time++) result = changedText(result, chance);
  return result;
}

function changedText(text: string, chance: Chance): string {
  const [a, b] = [chance.below(text.length + 1), chance.below(text.length + 1)];
  const [from, to] = a < b ? [a, b] : [b, a];
  switch (chance.below(7)) {
    case 0:
      return text.slice(0, from);
    case 1:
      return text.slice(0, from) + text.slice(Math.min(to, from + 40));
    case 2:
      return text.slice(0, from) + hostileText(chance) + text.slice(from);
    case 3:
      return text.slice(0, to) + text.slice(from, Math.min(to, from + 200)) + text.slice(to);
    case 4:
      return text.slice(0, from) + String.fromCharCode(chance.below(256)) + text.slice(from + 1);
    case 5:
      return (
        text.slice(0, from) +
        chance.pick(['"', "{", "}", "[", "]", ",", ":", "\n", "\t", " ", "\\", "/", "-", "0"]) +
        text.slice(from)
      );
    default:
      return (
        text.slice(0, from) +
        chance.pick(["[".repeat(5_000), '{"a":'.repeat(5_000), "-1e999", '"\\ud800"', "null", "\u0000"]) +
        text.slice(to)
      );
  }
}

/** No longer text is parsed: about what etcd takes of an object. */
const longest = 2 ** 20;

/** A changed value as JSON, or what it was where that would be longer than anything that comes in. */
export function jsonOf(changed: unknown, before: unknown): string {
  const text = JSON.stringify(changed);
  return text.length <= longest ? text : JSON.stringify(before);
}

/** The JSON text with one of its texts nested so deep that whoever follows it by calling himself falls; rarely, and whole all the same. */
export function deepened(json: string, chance: Chance): string {
  if (!chance.happens(0.02)) return json;
  // All of them in turn, since a text may begin with what stands behind another one.
  const all = Array.from(json.matchAll(/"(?:[^"\\]|\\.)*"/g));
  const texts = all.filter(({ 0: found, index }) => /[,}\]]/.test(json.charAt(index + found.length)));
  if (texts.length === 0) return json;
  const { 0: found, index } = chance.pick(texts);
  const depth = chance.pick([500, 9_000, 60_000]);
  const [begin, end] = chance.pick([
    ["[", "]"],
    ['{"a":', "}"],
    ['{"0":', "}"],
  ] as const);
  return json.slice(0, index) + begin.repeat(depth) + found + end.repeat(depth) + json.slice(index + found.length);
}

/** What a reader of UTF-8 makes of the text's bytes after some of them were changed. */
export function mutatedBytes(text: string, chance: Chance, times: number): string {
  const bytes = Buffer.from(mutatedText(text, chance, 1));
  for (let time = 0; time < times && bytes.length > 0; time++) bytes[chance.below(bytes.length)] = chance.below(256);
  return bytes.toString("utf8");
}
