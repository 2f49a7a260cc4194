import type { Progress } from "./progress.ts";

/** A Debian package the lab and the tests may need. */
export type DebianPackage = "nftables" | "iproute2" | "runc" | "busybox-static" | "conntrack" | "util-linux";

/**
 * Makes sure the programs of these packages are installed, by apt-get where one is missing.
 * Throws a Problem naming the programs needed where there is no apt-get or no root to install with.
 */
export async function provideDebianPackages(names: readonly DebianPackage[], progress: Progress): Promise<void> {
  throw new Error(`not written yet: ${names.join(" ")} ${typeof progress}`);
}
