import { readFileSync } from "node:fs";
import { runOrThrow } from "./run-command.ts";

// A blank in a path is written as \040, and so on.
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));
}

/** Mount points at or below a folder, in the order they were mounted, from a /proc/self/mountinfo. */
export function parseMountPoints(mountinfo: string, folder: string): string[] {
  return mountinfo.split("\n").flatMap((line) => {
    const mountPoint = unescape(line.split(" ")[4] ?? "");
    return mountPoint === folder || mountPoint.startsWith(`${folder}/`) ? [mountPoint] : [];
  });
}

/** Undoes every mount at or below a folder. */
export async function unmountBelow(folder: string): Promise<void> {
  const mountPoints = parseMountPoints(readFileSync("/proc/self/mountinfo", "utf8"), folder);
  for (const mountPoint of mountPoints.toReversed()) await runOrThrow(["umount", "--lazy", mountPoint]);
}
