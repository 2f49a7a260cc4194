import { lstat, rm, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { readConfFolder } from "../cni/conf-folder.ts";
import { leaseFolder } from "../cni/lease-files.ts";
import { readLeases } from "../cni/leases.ts";
import { removePlugins } from "../cni/remove-plugins.ts";
import { convergeNode } from "../lib/linux/converge-node.ts";
import type { KindOutcome } from "../lib/linux/stage.ts";
import { hasCode, isAbsent, messageOf } from "../lib/linux/system-error.ts";
import { removeWhole, unfinishedFiles } from "../lib/linux/whole-file.ts";
import { renderAddress } from "../lib/net/address.ts";
import { type ConfFolder, leavingConflist } from "./plan/conflist-file.ts";
import { leftNode } from "./plan/node-state.ts";
import type { AgentPlace } from "./program.ts";

/** What is ours on a machine, and where. */
export interface CleanupPlace extends Omit<AgentPlace, "netnsFolder"> {
  /** Path of the journal. */
  readonly journal: string;
}

/** What a cleanup did. */
export interface Cleanup {
  /** e.g. `["route 10.244.2.0/24", "file /etc/cni/net.d/10-podnet.conflist"]` */
  readonly removed: readonly string[];
  /** What is left of ours, and why, in words. */
  readonly left: readonly string[];
}

/** Addresses that pods have on this node, as texts; while there are any, a cleanup takes their network from them. */
export async function podAddressesHere({ cniStateFolder }: CleanupPlace): Promise<string[]> {
  return (await readLeases(cniStateFolder)).map(renderAddress);
}

/**
 * Removes everything that carries podnet's mark, and nothing else: CNI configurations first, so that no pod is made meanwhile, then what is in the kernel, host-local's leases of the network
 * `podnet`, the plugins that an agent brought and nobody changed since, and the journal. Settings under `/proc/sys` stay, since others may have come to need them.
 * Nothing that fails stops the rest; a second time removes what was left.
 */
export async function cleanUp(place: CleanupPlace): Promise<Cleanup> {
  const { confFolder, plugins, journal } = place;
  const [leases, unfinishedIn] = [leaseFolder(place.cniStateFolder), [confFolder, plugins.target, dirname(journal)]];
  const parts = [
    await cleanNode(place),
    await attempted(`folder ${leases}`, () => removeFolder(leases)),
    await cleanPlugins(plugins.target),
    ...(await Promise.all(
      unfinishedIn.map((folder) => attempted(`what was being written in ${folder}`, () => removeUnfinished(folder))),
    )),
    await attempted(`file ${journal}`, () => removeJournal(journal)),
  ];
  return { removed: parts.flatMap(({ removed }) => removed), left: parts.flatMap(({ left }) => left) };
}

/** The kernel and the configurations; the kernel alone, where these cannot be seen. */
async function cleanNode(place: CleanupPlace): Promise<Cleanup> {
  const found = await folderAt(place.confFolder);
  const files = "files" in found ? { files: leavingConflist(found, false) } : {};
  const outcomes = await convergeNode(place, { ...leftNode, ...files });
  return {
    removed: outcomes.flatMap(removedOf),
    left: [...("unseen" in found ? [found.unseen] : []), ...outcomes.flatMap(leftOf)],
  };
}

async function folderAt(path: string): Promise<ConfFolder | { readonly unseen: string }> {
  try {
    return { path, files: await readConfFolder(path) };
  } catch (error) {
    return { unseen: `the CNI configurations in ${path}: ${messageOf(error)}` };
  }
}

async function cleanPlugins(target: string): Promise<Cleanup> {
  let errors: readonly string[] = [];
  const { removed, left } = await attempted(`the plugins in ${target}`, async () => {
    const done = await removePlugins(target);
    errors = done.errors;
    return done.removed;
  });
  return { removed, left: [...left, ...errors.map((error) => `file ${error}`)] };
}

function removedOf({ steps, errors }: KindOutcome): string[] {
  const failed = new Set(errors.map(({ key }) => key));
  return steps.filter(({ key }) => !failed.has(key)).map(({ kind, key }) => `${kind} ${key}`);
}

function leftOf({ errors, unseen }: KindOutcome): string[] {
  return [...errors.map(({ kind, key, message }) => `${kind} ${key}: ${message}`), ...(unseen === undefined ? [] : [unseen])];
}

/** What a removal of files came to; it gives the paths that are gone. */
async function attempted(what: string, remove: () => Promise<readonly string[]>): Promise<Cleanup> {
  try {
    return { removed: (await remove()).map((path) => `file ${path}`), left: [] };
  } catch (error) {
    return { removed: [], left: [`${what}: ${messageOf(error)}`] };
  }
}

async function removeFolder(path: string): Promise<string[]> {
  try {
    await rm(path, { recursive: true });
    return [path];
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

async function removeUnfinished(folder: string): Promise<string[]> {
  const paths = await unfinishedFiles(folder);
  for (const path of paths) await rm(path, { force: true });
  return paths;
}

/** Its folder too, where nobody else has a file in it. */
async function removeJournal(path: string): Promise<string[]> {
  const removed = await removeFile(path);
  try {
    await rmdir(dirname(path));
  } catch (error) {
    if (!isAbsent(error) && !hasCode(error, "ENOTEMPTY", "EEXIST", "EBUSY")) throw error;
  }
  return removed;
}

/** The path, where there was a file. */
async function removeFile(path: string): Promise<string[]> {
  try {
    await lstat(path);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
  await removeWhole(path);
  return [path];
}
