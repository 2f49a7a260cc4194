import { makeExec } from "../../lib/linux/exec.ts";
import { must } from "../support/netns.ts";

/** The namespaces of pods that come and go. */
export interface PodSpaces {
  add(): Promise<{ readonly id: string; readonly path: string }>;
  /** The addresses that a pod has in its namespace, but those that every namespace has; none where it is gone. */
  addressesIn(id: string): Promise<string[]>;
  remove(id: string): Promise<void>;
  removeAll(): Promise<void>;
}

/** The name says whose it is, so that it is swept where this process is killed. */
export function createPodSpaces(): PodSpaces {
  const root = makeExec();
  const standing = new Set<string>();
  let count = 0;
  const remove = async (id: string): Promise<void> => {
    if (standing.delete(id)) await must(root, ["ip", "netns", "delete", id]);
  };
  return {
    async add() {
      count += 1;
      const id = `podnet-t-${process.pid}-leaks-${count}`;
      standing.add(id);
      await must(root, ["ip", "netns", "add", id]);
      return { id, path: `/run/netns/${id}` };
    },
    async addressesIn(id) {
      if (!standing.has(id)) return [];
      const links = JSON.parse(await must(root, ["ip", "-j", "-n", id, "address", "show", "scope", "global"])) as {
        addr_info?: { local?: string }[];
      }[];
      return links.flatMap(({ addr_info: addresses = [] }) => addresses.flatMap(({ local }) => local ?? []));
    },
    remove,
    async removeAll() {
      for (const id of standing) await remove(id);
    },
  };
}
