import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { cniNetworkName } from "../crds/names.ts";
import { type Address, parseAddress } from "../lib/net/address.ts";

/**
 * The pod addresses that host-local has given out on this node: one file each in `<state folder>/networks/podnet`, named after the address.
 * None where the folder does not exist.
 * @throws when the folder is there and cannot be read.
 */
export async function readLeases(stateFolder: string): Promise<Address[]> {
  const names = await readdir(join(stateFolder, "networks", cniNetworkName)).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  });
  return names.map((name) => parseAddress(name)).filter((address) => address !== undefined);
}
