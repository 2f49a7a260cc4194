import { commandWorld } from "../lib/linux/command-world.ts";
import { convergeNode, type NodePlace } from "../lib/linux/converge-node.ts";
import type { KindOutcome } from "../lib/linux/stage.ts";
import { linkKind } from "../lib/linux/kinds/link.ts";
import { isFromOutside } from "../lib/linux/system-error.ts";
import { type ConfFolder, unservedConflist } from "./plan/conflist-file.ts";

/**
 * Closes configurations that an agent of an earlier boot left open. A bridge with our mark is there only since an agent of this boot made it, and so had heard
 * that the subnets are this node's; a plugin makes one without, and would give a pod an address that may be another node's by now.
 */
export async function closeUnserved(place: NodePlace, folder: ConfFolder): Promise<KindOutcome[]> {
  if (unservedConflist(folder, []).want.length === 0) return [];
  const files = unservedConflist(folder, await ownBridges(place));
  return files.want.length === 0 ? [] : convergeNode(place, { files });
}

/** Where they cannot be seen, none counts as there. */
async function ownBridges({ exec }: NodePlace): Promise<string[]> {
  try {
    return (await commandWorld(linkKind, exec).observe()).map(({ name }) => name);
  } catch (error) {
    if (isFromOutside(error)) return [];
    throw error;
  }
}
