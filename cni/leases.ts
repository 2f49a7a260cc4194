import { namesIn } from "../lib/linux/folder.ts";
import { type Address, parseAddress } from "../lib/net/address.ts";
import { leaseFolder } from "./lease-files.ts";

/**
 * The pod addresses that host-local has given out on this node: one file each in `<state folder>/networks/podnet`, named after the address.
 * None where the folder does not exist.
 * @throws when the folder is there and cannot be read.
 */
export async function readLeases(stateFolder: string): Promise<Address[]> {
  const names = await namesIn(leaseFolder(stateFolder));
  return names.map((name) => parseAddress(name)).filter((address) => address !== undefined);
}
