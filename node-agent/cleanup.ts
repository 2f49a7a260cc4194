import { rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readConfFolder } from "../cni/conf-folder.ts";
import { readLeases } from "../cni/leases.ts";
import { removePlugins } from "../cni/remove-plugins.ts";
import { cniNetworkName } from "../crds/names.ts";
import { convergeNode } from "../lib/linux/converge-node.ts";
import type { KindOutcome } from "../lib/linux/stage.ts";
import { hasCode, isAbsent, messageOf } from "../lib/linux/system-error.ts";
import { removeWhole, unfinishedFiles } from "../lib/linux/whole-file.ts";
import { renderAddress } from "../lib/net/address.ts";
import { leavingConflist } from "./plan/conflist-file.ts";
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
  const folder = { path: place.confFolder, files: await readConfFolder(place.confFolder) };
  const outcomes = await convergeNode(place, { ...leftNode, files: leavingConflist(folder, false) });
  const files = [
    await attempted(`folder ${leaseFolder(place)}`, () => removeFolder(leaseFolder(place))),
    await attempted(`the plugins in ${place.plugins.target}`, () => removePlugins(place.plugins.target)),
    await attempted(`file ${place.journal}`, () => removeJournal(place.journal)),
    await attempted("what was being written", () => removeUnfinished([place.confFolder, place.plugins.target])),
  ];
  return {
    removed: [...outcomes.flatMap(removedOf), ...files.flatMap(({ removed }) => removed)],
    left: [...outcomes.flatMap(leftOf), ...files.flatMap(({ left }) => left)],
  };
}

function leaseFolder({ cniStateFolder }: CleanupPlace): string {
  return join(cniStateFolder, "networks", cniNetworkName);
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

async function removeUnfinished(folders: readonly string[]): Promise<string[]> {
  const paths = (await Promise.all(folders.map(unfinishedFiles))).flat();
  for (const path of paths) await rm(path, { force: true });
  return paths;
}

/** Its folder too, where nobody else has a file in it. */
async function removeJournal(path: string): Promise<string[]> {
  const folder = dirname(path);
  try {
    await removeWhole(path);
    await rmdir(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    if (!hasCode(error, "ENOTEMPTY", "EEXIST", "EBUSY")) throw error;
  }
  return [path];
}
