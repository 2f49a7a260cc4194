/** One way to break the code on purpose. */
export interface Mutant {
  /** In kebab case, e.g. `"promote-unread"`. */
  readonly name: string;
  /** What goes wrong with it, in one sentence. */
  readonly breaks: string;
  /** Several where one alone is made up for elsewhere. */
  readonly edits: readonly Edit[];
}

/** One change of a source file. */
export interface Edit {
  /** Relative to the project. */
  readonly file: string;
  /** Exact text that occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** The text of an edit's file with the edit made, or why it cannot be made. */
export function edited(text: string, { file, find, replace }: Edit): { readonly text: string } | { readonly problem: string } {
  const [before, after, ...more] = text.split(find);
  if (before !== undefined && after !== undefined && more.length === 0) return { text: `${before}${replace}${after}` };
  const times = after === undefined ? "no longer occurs" : `occurs ${more.length + 1} times`;
  const shown = JSON.stringify(find.length > 100 ? `${find.slice(0, 97)}...` : find);
  return { problem: `${shown} ${times} in ${file}; bring the mutant to what the code is now, so that it still breaks something` };
}
