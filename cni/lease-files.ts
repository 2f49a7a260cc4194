import { join } from "node:path";
import { namesIn } from "../lib/linux/folder.ts";
import { cniNetworkName } from "../crds/names.ts";
import { parseAddress, renderAddress } from "../lib/net/address.ts";
import { readRegularFile } from "../lib/linux/regular-file.ts";

/** A lease of host-local, as it stands on the disk. */
export interface LeaseFile {
  /** Canonical text of what the file is named after. */
  readonly address: string;
  /** Name of the file. */
  readonly name: string;
  /** Undefined: longer than any owner. */
  readonly content: string | undefined;
  /** Tells this very file from a later one of the same name and content: its inode, and when it was written. */
  readonly version: string;
  /** Nanoseconds since 1970. */
  readonly writtenNs: bigint;
}

/** No owner of a lease takes so many bytes. */
const longest = 512;

/** Where the leases of the network are. */
export function leaseFolder(stateFolder: string): string {
  return join(stateFolder, "networks", cniNetworkName);
}

/**
 * All leases, whole. None where the folder does not exist; one that goes meanwhile is left out.
 * @throws when one cannot be read.
 */
export async function readLeaseFiles(stateFolder: string): Promise<LeaseFile[]> {
  const folder = leaseFolder(stateFolder);
  const names = await namesIn(folder);
  const files = await Promise.all(names.map((name) => readLeaseFile(folder, name)));
  return files.filter((file) => file !== undefined);
}

/** One lease; undefined where there is none of that name. */
export async function readLeaseFile(folder: string, name: string): Promise<LeaseFile | undefined> {
  const address = parseAddress(name);
  if (address === undefined) return undefined;
  const found = await readRegularFile(join(folder, name), { longest });
  if (found === undefined) return undefined;
  const { content, inode, writtenNs } = found;
  return { address: renderAddress(address), name, content, version: `${inode} ${writtenNs}`, writtenNs };
}
