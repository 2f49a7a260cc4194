import { chownSync, lstatSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const linkBeside = (directory: string): string => join(dirname(directory), "kubeconfig");
const targetFor = (directory: string): string => join(basename(directory), "kubeconfig");

// Whoever brought the lab up by sudo uses kubectl as himself.
function giveToCaller(file: string): void {
  const { SUDO_UID: user, SUDO_GID: group } = process.env;
  if (user !== undefined && group !== undefined) chownSync(file, Number(user), Number(group));
}

/** Makes `kubeconfig` beside a lab's folder (`.lab/kubeconfig` for `.lab/demo`) lead to that lab's; gives the link's path. */
export function linkKubeconfig(directory: string): string {
  rmSync(linkBeside(directory), { force: true });
  symlinkSync(targetFor(directory), linkBeside(directory));
  giveToCaller(linkBeside(directory));
  return linkBeside(directory);
}

/** Removes that link, unless it leads to another lab. */
export function unlinkKubeconfig(directory: string): void {
  const link = linkBeside(directory);
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  if (readlinkSync(link) === targetFor(directory)) rmSync(link);
}
