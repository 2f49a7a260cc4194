import type { Readable } from "node:stream";

/** Calls `listen` with each whole line of a stream, without its end; an unfinished last line counts as one. */
export function forEachLine(stream: Readable, listen: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) listen(line);
  });
  stream.on("end", () => {
    if (rest !== "") listen(rest);
  });
}
