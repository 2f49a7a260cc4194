import { strict as assert } from "node:assert";

/** One member of a tar archive; directories and links have no content. */
export type TarEntry =
  | { readonly path: string; readonly kind: "directory"; readonly mode: number }
  | { readonly path: string; readonly kind: "file"; readonly mode: number; readonly content: Uint8Array }
  | { readonly path: string; readonly kind: "link"; readonly target: string };

const BLOCK = 512;
const TYPE = { file: "0", link: "2", directory: "5" } as const;

/**
 * The entries as an uncompressed ustar archive, owned by root and dated 1970: the same entries always give the same bytes.
 * Paths are relative, e.g. `"bin/sh"`, of at most 100 bytes; links are symbolic.
 */
export function renderTar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) =>
    entry.kind === "file" ? [header(entry), entry.content, padding(entry.content.length)] : [header(entry)],
  );
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function header(entry: TarEntry): Buffer {
  const block = Buffer.alloc(BLOCK);
  text(block, 0, 100, entry.kind === "directory" ? `${entry.path}/` : entry.path);
  octal(block, 100, 8, entry.kind === "link" ? 0o777 : entry.mode);
  octal(block, 108, 8, 0);
  octal(block, 116, 8, 0);
  octal(block, 124, 12, entry.kind === "file" ? entry.content.length : 0);
  octal(block, 136, 12, 0);
  text(block, 156, 1, TYPE[entry.kind]);
  text(block, 157, 100, entry.kind === "link" ? entry.target : "");
  text(block, 257, 8, "ustar\x0000");
  // The sum is taken with its own field full of spaces.
  block.fill(" ", 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  text(block, 148, 8, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

function text(block: Buffer, offset: number, width: number, value: string): void {
  assert(Buffer.byteLength(value) <= width, `"${value}" does not fit a tar field of ${width} bytes`);
  block.write(value, offset);
}

function octal(block: Buffer, offset: number, width: number, value: number): void {
  text(block, offset, width, `${value.toString(8).padStart(width - 1, "0")}\0`);
}

function padding(length: number): Buffer {
  return Buffer.alloc((BLOCK - (length % BLOCK)) % BLOCK);
}
