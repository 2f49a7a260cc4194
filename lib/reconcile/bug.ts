/** An invariant of ours that does not hold: never retried, logged with its input, the last good state stays. */
export class Bug extends Error {
  readonly code = "Bug";
  override readonly name = "Bug";
}
