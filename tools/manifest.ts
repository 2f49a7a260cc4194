/** A file of a cache entry: a program, or a link to one beside it. */
export type ManifestFile =
  | { readonly name: string; readonly size: number; readonly mode: number; readonly sha256: string }
  | { readonly name: string; readonly link: string };

/** What a cache entry holds, as it was when it was made. */
export interface Manifest {
  /** Where it comes from, e.g. `"built with go1.26.8"`. */
  readonly source: string;
  readonly files: readonly ManifestFile[];
}

/** Reads a manifest file; undefined when it is not one. */
export function parseManifest(text: string): Manifest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || typeof value["source"] !== "string" || !Array.isArray(value["files"])) return undefined;
  const files: readonly unknown[] = value["files"];
  return files.length > 0 && files.every(isManifestFile) ? { source: value["source"], files } : undefined;
}

function isManifestFile(value: unknown): value is ManifestFile {
  if (!isRecord(value) || typeof value["name"] !== "string") return false;
  if (typeof value["link"] === "string") return true;
  return typeof value["size"] === "number" && typeof value["mode"] === "number" && typeof value["sha256"] === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
