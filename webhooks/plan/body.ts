/** The JSON in a request's body, or why there is none. */
export type ParsedBody = { readonly value: unknown; readonly problem?: undefined } | { readonly problem: string };

/** Reads a body that has to be JSON in UTF-8, and says nothing of what is in it where it is not. */
export function parseBody(bytes: Uint8Array): ParsedBody {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { problem: "the body is not UTF-8" };
  }
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { problem: "the body is not JSON" };
  }
}
