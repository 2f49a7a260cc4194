import type { Kind } from "../../reconcile/kind.ts";

/** A file of ours at a fixed path, replaced atomically. */
export interface FileItem {
  /** Absolute, e.g. `"/etc/cni/net.d/10-podnet.conflist"`. */
  readonly path: string;
  readonly content: string;
  /** Permission bits, e.g. `0o644`. */
  readonly mode: number;
}

/** Files, compared by content and permission bits. */
export const fileKind: Kind<FileItem> = {
  name: "file",
  key: (file) => file.path,
  differs: (want, have) => {
    if (want.content !== have.content) return `its content differs from line ${differentLine(want.content, have.content)} on`;
    return want.mode === have.mode ? undefined : `mode 0${have.mode.toString(8)}, wanted 0${want.mode.toString(8)}`;
  },
};

function differentLine(want: string, have: string): number {
  const lines = have.split("\n");
  return want.split("\n").findIndex((line, n) => line !== lines[n]) + 1 || want.split("\n").length + 1;
}
