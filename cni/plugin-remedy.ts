import { hasCode, messageOf } from "../lib/linux/system-error.ts";

/** Says what to do about what kept a plugin from being installed. */
export function remedyFor(
  error: unknown,
  { source, target }: { readonly source: string | undefined; readonly target: string },
): string {
  if (hasCode(error, "ENOSPC", "EDQUOT")) return `make room on the disk of ${target}`;
  if (hasCode(error, "EEXIST", "ENOTDIR", "EISDIR")) return "remove what stands in its place";
  if (!hasCode(error, "EACCES", "EPERM", "EROFS")) return "mend what that says; it is tried again";
  const isRead = source !== undefined && messageOf(error).includes(`open '${source}/`);
  return isRead ? `make ${source} readable for the agent` : `make ${target} writable for the agent`;
}
