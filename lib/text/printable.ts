/** What moves a cursor, ends a line or turns the direction of writing; and half of a character, which the API server would store as another one. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** A text as it can be shown to people whoever wrote it: what could deceive them, or their terminal, is spelled out, e.g. as `\u001b`. */
export function printable(text: string): string {
  return text.replace(unprintable, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** At most so many characters, and no half of one at the end; says where something is missing. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 3).replace(/\p{Cs}$/u, "")}...`;
}
