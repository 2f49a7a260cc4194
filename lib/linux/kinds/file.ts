/** A file of ours at a fixed path, replaced atomically. */
export interface FileItem {
  /** Absolute, e.g. `"/etc/cni/net.d/10-podnet.conflist"`. */
  readonly path: string;
  readonly content: string;
  /** Permission bits, e.g. `0o644`. */
  readonly mode: number;
}
