import { readAttachments } from "../cni/attachments.ts";
import { cniNetworkName } from "../crds/names.ts";
import type { PodVeth } from "../lib/linux/port-stage.ts";

/**
 * What runtimes noted on the node of the pods that our configuration made: their ends of veths, and the bridge, which is none and does no harm. A pod stands there from the end of its ADD to the end of its DEL.
 * @throws when a note is there and cannot be read.
 */
export async function readPodVeths(cniStateFolder: string): Promise<PodVeth[]> {
  const attachments = await readAttachments(cniStateFolder);
  return attachments.filter(({ network }) => network === cniNetworkName).flatMap(({ nodeInterfaces }) => nodeInterfaces);
}
