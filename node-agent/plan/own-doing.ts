import type { KindOutcome } from "../../lib/linux/stage.ts";

/** What a look at the node has just changed itself. */
export interface OwnDoing {
  /** The words of the keys of what it made or changed, and of what it took away. */
  readonly made: readonly (readonly string[])[];
  readonly removed: readonly (readonly string[])[];
}

/** Nothing. */
export const nothingDone: OwnDoing = { made: [], removed: [] };

/** So many steps are looked for in each line, of which there may be thousands at once; where there are more, none is. */
const mostSteps = 64;

/** What the kinds of a look came to. */
export function doneIn(kinds: readonly KindOutcome[]): OwnDoing {
  const steps = kinds.flatMap((kind) => kind.steps);
  if (steps.length > mostSteps) return nothingDone;
  const words = (isRemoval: boolean) =>
    steps.filter(({ op }) => (op === "remove") === isRemoval).map(({ key }) => key.split(" "));
  return { made: words(false), removed: words(true) };
}

/** Whether a line of `ip monitor` tells of that, as far as its words go: whatever somebody else did to the very same thing in that moment reads the same. */
export function tellsOf({ made, removed }: OwnDoing, line: string): boolean {
  const steps = /^(\[\w+\])?Deleted /.test(line) ? removed : made;
  return steps.some((words) => words.every((word) => line.includes(word)));
}
