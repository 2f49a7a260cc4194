import { Problem } from "./problem.ts";

/** Throws a Problem unless this is Linux. `what` begins the sentence, e.g. `"The lab"`. */
export function requireLinux(what: string, platform: string = process.platform): void {
  if (platform === "linux") return;
  throw new Problem(
    `${what} needs Linux (network namespaces, nftables), and this is ${platform}: run it in a Linux virtual machine.`,
  );
}

/** Throws a Problem unless this process is root. `what` begins the sentence, e.g. `"The lab"`. */
export function requireRoot(what: string, uid: number | undefined = process.getuid?.()): void {
  if (uid === 0) return;
  throw new Problem(`${what} needs root to make network namespaces and mounts: run the same command as root, e.g. with sudo -E.`);
}
