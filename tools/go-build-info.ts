/** Stands before what a Go program says of how it was built (debug/buildinfo). */
const magic = Buffer.from("\xff Go buildinf:", "latin1");
/** Of the flags behind it: the texts follow right here, as of Go 1.18. */
const inline = 2;
const headBytes = 32;

/** With which Go a program was built, e.g. `"1.26.8"`; undefined: it does not say. */
export function goVersionOf(program: Buffer): string | undefined {
  const at = program.indexOf(magic);
  if (at < 0 || ((program[at + magic.length + 1] ?? 0) & inline) === 0) return undefined;
  const start = at + headBytes;
  // Versions are shorter than 128 bytes, so their length is one.
  const text = program.toString("utf8", start + 1, start + 1 + (program[start] ?? 0));
  return /^go(\d+(?:\.\d+)+)/.exec(text)?.[1];
}
