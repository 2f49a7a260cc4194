import { Bug } from "../../reconcile/bug.ts";
import type { Batch, BatchLine } from "./node-kind.ts";

/** Reads its commands from standard input, goes on after a failing one and names its line. */
export const ipBatch = ["ip", "-force", "-batch", "-"] as const;

const word = /^[^\s\p{Cc}"'\\#;-][^\s\p{Cc}"'\\#;]*$/u;

/**
 * A line of `ip -batch` input.
 * @throws {Bug} when a word is empty, begins as an option would, or could end the word or the line.
 */
export function batchLine(words: readonly (string | number)[]): string {
  for (const part of words) {
    if (typeof part === "string" && !word.test(part))
      throw new Bug(
        `${JSON.stringify(part)} cannot stand in a line of ip -batch; names and addresses must be checked where they come in`,
      );
  }
  return words.join(" ");
}

/** The lines as one batch of `ip`; none for no lines. */
export function ipBatchOf<Item>(lines: readonly BatchLine<Item>[]): Batch<Item>[] {
  return lines.length === 0 ? [] : [{ argv: ipBatch, failure: "eachLine", lines }];
}
