/** The JSON in a request's body, or why there is none. */
export type ParsedBody = { readonly value: unknown; readonly problem?: undefined } | { readonly problem: string };

/** In bytes. The largest object etcd takes is 1.5 MiB; a review carries two of them at the most. */
export const longestBody = 4 * 2 ** 20;

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
