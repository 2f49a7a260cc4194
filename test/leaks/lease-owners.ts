import { readLeaseFiles } from "../../cni/lease-files.ts";

/** Address → id of the pod that its lease names; empty where it names none. */
export async function leasesOf(stateFolder: string): Promise<Map<string, string>> {
  const files = await readLeaseFiles(stateFolder);
  return new Map(files.map(({ address, content = "" }) => [address, content.split("\r\n")[0] ?? ""]));
}
