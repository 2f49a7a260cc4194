/** What a hunt prints, a line of JSON each: that the code could be loaded, signs of life, and how it ended. */
export type HuntLine =
  | { readonly is: "loaded" }
  | { readonly is: "alive"; readonly seed: number }
  | { readonly is: "passed"; readonly schedules: number }
  | { readonly is: "failed"; readonly failure: HuntFailure };

/** The first schedule that did not end well. */
export interface HuntFailure {
  readonly seed: number;
  /** What was not as it must be, in one line. */
  readonly message: string;
  /** The kind of error, e.g. `"AssertionError"` where an invariant did not hold. */
  readonly error: string;
}
