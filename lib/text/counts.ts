/** e.g. `"1 node"`, `"7 nodes"`; a word that takes no `s` comes with what it becomes. */
export function countOf(count: number, what: string, several = `${what}s`): string {
  return `${count} ${count === 1 ? what : several}`;
}

/** The first of the texts, and how many more there are, e.g. `"a, b and 7 more"`. */
export function renderFirst(texts: readonly string[], most = 10): string {
  const rest = texts.length - most;
  return texts.slice(0, most).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
