/** Whether an error tells of the world outside, a command or a file, and not of a mistake of ours. */
export function isFromOutside(error: unknown): error is Error {
  return error instanceof Error && ("syscall" in error || "retry" in error);
}

/** Whether a file operation failed since there is nothing at that path. */
export function isAbsent(error: unknown): boolean {
  return hasCode(error, "ENOENT", "ENOTDIR");
}

/** What the system said, e.g. `"EROFS: read-only file system, open '/proc/sys/net/ipv4/ip_forward'"`. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether an error carries one of the system's codes, e.g. `"EROFS"`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return typeof error === "object" && error !== null && "code" in error && codes.includes(String(error.code));
}
