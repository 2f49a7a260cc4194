import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { isStaticExecutable } from "./elf.ts";
import { exec } from "./exec.ts";
import { Problem } from "./problem.ts";
import type { Progress } from "./progress.ts";

/** Debian package → the programs it brings that the lab, the tests and the build of the image use. */
const PROGRAMS_OF = {
  nftables: ["nft"],
  iproute2: ["ip", "bridge", "ss"],
  runc: ["runc"],
  "busybox-static": ["busybox"],
  conntrack: ["conntrack"],
  "util-linux": ["nsenter", "unshare"],
  buildah: ["buildah"],
  mmdebstrap: ["mmdebstrap"],
  git: ["git"],
  // Its server is in the same file, and goes by its name. The package of the server has a link alone, and would start a service on the machine.
  "redis-tools": ["redis-check-rdb"],
} as const;

/** A Debian package that may be needed. */
export type DebianPackage = keyof typeof PROGRAMS_OF;

/** Those of the lab and the tests. */
export const DEBIAN_PACKAGES: readonly DebianPackage[] = [
  "nftables",
  "iproute2",
  "runc",
  "busybox-static",
  "conntrack",
  "util-linux",
];

/** Those that run podnet from Git in a lab. */
export const GITOPS_PACKAGES: readonly DebianPackage[] = ["git", "redis-tools"];

/**
 * Makes sure the programs of these packages are installed, by apt-get where one is missing.
 * Throws a Problem naming the programs needed where there is no apt-get or no root to install with, or it fails.
 */
export async function provideDebianPackages(names: readonly DebianPackage[], progress: Progress): Promise<void> {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const programs = missing.flatMap((name) => PROGRAMS_OF[name].map((program) => program));
  const wanted = `${programs.join(", ")} (Debian: ${missing.join(" ")})`;
  if (findProgram("apt-get") === undefined) {
    throw new Problem(`These programs are needed and not on PATH: ${wanted}. There is no apt-get here: install them by hand.`);
  }
  if (process.getuid?.() !== 0) {
    throw new Problem(`These programs are needed and not on PATH: ${wanted}. Install them, or run the same command as root.`);
  }
  progress.say(`Installing Debian packages that are missing: ${missing.join(" ")}.`);
  await apt(["update"], "updating the list of Debian packages", progress);
  await apt(["install", "-y", "--no-install-recommends", ...missing], `installing ${missing.join(" ")}`, progress);
  const still = missing.filter((name) => !isInstalled(name));
  if (still.length > 0) throw new Problem(`apt-get installed ${still.join(" ")}, and its programs are still not on PATH.`);
}

function isInstalled(name: DebianPackage): boolean {
  const files = PROGRAMS_OF[name].map((program) => findProgram(program));
  if (files.some((file) => file === undefined)) return false;
  // The package busybox brings a program of the same name that needs shared libraries, which an image of one file has not.
  return name !== "busybox-static" || files.every((file) => file !== undefined && isStaticExecutable(readFileSync(file)));
}

/** The path of a program on PATH or in the folders of root's programs, which a person's PATH may lack. */
export function findProgram(program: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, program)).find((file) => file.startsWith("/") && existsSync(file));
}

async function apt(argv: readonly string[], what: string, progress: Progress): Promise<void> {
  const command = ["apt-get", "-o", "DPkg::Lock::Timeout=120", ...argv];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { code, output } = await progress.during(what, (task) => exec(command, { env, onLine: (line) => task.note(line) }));
  if (code === 0) return;
  throw new Problem(`${command.join(" ")} failed; its last words:\n  ${output.slice(-8).join("\n  ")}`);
}
