import assert from "node:assert/strict";

/** What must reach no person's eyes or terminal, line ends aside: the same as `printable` spells out, written down once more. */
const deceiving = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

/** The text can be shown to people, in one line. */
export function assertPrintable(text: string, where: string): void {
  const found = deceiving.exec(text);
  if (found !== null) assert.fail(`${where} is not printable at ${found.index}: ${JSON.stringify(text.slice(0, 300))}`);
}

/** Every line of the text can be shown to people. */
export function assertPrintableLines(text: string, where: string): void {
  for (const line of text.split("\n")) assertPrintable(line, where);
}

/** The text has at most so many characters. */
export function assertAtMost(length: number, most: number, where: string): void {
  if (length > most) assert.fail(`${where} has ${length}, and ${most} is the most`);
}

/** Whether nothing was added to what all objects have. */
export function assertUnpolluted(): void {
  for (const key in {}) assert.fail(`Object.prototype has got ${JSON.stringify(key)}`);
  assert.equal(Reflect.get({}, "isAdmin"), undefined, "Object.prototype was changed");
}
