import type { Kind, Step } from "../../reconcile/kind.ts";

/** A command that prints part of a kind's state; it runs side by side with the others of its kind. */
export interface Show {
  readonly argv: readonly string[];
  /** Texts on stderr, by any of which the command says that there is nothing to show; its output then counts as empty. */
  readonly absentWhen?: readonly string[];
}

/** One input line of a batch and the step it belongs to; a step has one line or several in a row. */
export interface BatchLine<Item> {
  readonly text: string;
  readonly step: Step<Item>;
  /** True for a line that only clears the way: that it fails says nothing about its step. */
  readonly mayFail?: boolean;
}

/**
 * One process that writes many steps.
 * `eachLine`: a failing line does not stop the others, and stderr names line n of the input, `lines[n - 1]`, as `Command failed -:n`.
 * `whole`: the input is one transaction, so one failure is the failure of all its steps.
 */
export interface Batch<Item> {
  readonly argv: readonly string[];
  readonly failure: "eachLine" | "whole";
  readonly lines: readonly BatchLine<Item>[];
}

/**
 * A kernel kind that is read and written by commands. It is pure: which commands show it, how to read what they print, how to write steps.
 * Guarantees:
 * 1. `parse` gives only what carries our mark.
 * 2. `parse` throws `UnexpectedOutput` for a shape it does not know; nothing is dropped silently.
 * 3. `render` writes only what carries our mark, or makes the mark.
 */
export interface NodeKind<Item> extends Kind<Item> {
  readonly show: readonly Show[];
  /** `outputs[n]` is what `show[n]` printed. */
  parse(outputs: readonly string[]): Item[];
  render(steps: readonly Step<Item>[]): Batch<Item>[];
  /** Present where somebody else's object could stand in the place of ours. */
  readonly foreign?: ForeignCheck<Item>;
}

/** How a kind finds objects without our mark that stand where ours should; looked at only when something is to be added or changed. */
export interface ForeignCheck<Item> {
  readonly show: readonly Show[];
  /** Gives the reason why an item cannot be written and what the reader can do; undefined where nothing stands in its way. */
  parse(outputs: readonly string[]): (want: Item) => string | undefined;
}
