import type { ConfFile } from "../../cni/conf-folder.ts";
import { type Conflist, parseConflist, renderConflist } from "../../cni/plan/conflist.ts";
import type { FileItem } from "../../lib/linux/kinds/file.ts";
import type { FileSet } from "../../lib/linux/node-state.ts";
import { renderPrefix } from "../../lib/net/prefix.ts";
import { Bug } from "../../lib/reconcile/bug.ts";
import type { OwnNetwork } from "./own-network.ts";

/** The CNI configurations of the node as they stand. */
export interface ConfFolder {
  /** e.g. `"/etc/cni/net.d"` */
  readonly path: string;
  /** In the order a runtime takes them. */
  readonly files: readonly ConfFile[];
}

/**
 * The configuration of a node on which everything else is programmed. It stands alone: others of ours, from an earlier `confName`, go after it is there.
 * @throws {Bug} when the text does not read back as what it was made of.
 */
export function openConflist(folder: ConfFolder, own: OwnNetwork, mtu: number): FileSet {
  const { bridge, hairpin, portMap, subnets } = own;
  const conflist: Conflist = { bridge, hairpin, portMap, mtu, subnets: byFamily(subnets), closed: false };
  return { want: [fileOf(folder, own.confName, conflist)], ours: oursIn(folder).map(({ name }) => pathOf(folder, name)) };
}

/**
 * The configuration of a node on which something is not programmed: what stands is kept, since the runtime needs it to delete pods,
 * and closed to new pods where it would give them addresses that are not this node's.
 */
export function keptConflist(folder: ConfFolder, own: OwnNetwork): FileSet {
  const subnets = new Set(own.subnets.map(renderPrefix));
  const strays = oursIn(folder).filter(({ conflist }) => conflist.subnets.some((subnet) => !subnets.has(renderPrefix(subnet))));
  return { want: strays.map(({ name, conflist }) => fileOf(folder, name, { ...conflist, closed: true })), ours: [] };
}

/** The configuration of a node that has no subnet any more: closed while pods hold addresses, gone after the last. */
export function leavingConflist(folder: ConfFolder, hasLeases: boolean): FileSet {
  const ours = oursIn(folder);
  if (!hasLeases) return { want: [], ours: ours.map(({ name }) => pathOf(folder, name)) };
  return { want: ours.map(({ name, conflist }) => fileOf(folder, name, { ...conflist, closed: true })), ours: [] };
}

/** The files of others that a runtime takes before ours. */
export function foreignBefore(folder: ConfFolder, confName: string): string[] {
  const ours = new Set(oursIn(folder).map(({ name }) => name));
  return folder.files.map(({ name }) => name).filter((name) => name < confName && !ours.has(name));
}

/** The bridges that configurations of ours tell the plugin to make where they are missing. */
export function bridgesOf(folder: ConfFolder): string[] {
  return oursIn(folder).map(({ conflist }) => conflist.bridge);
}

function oursIn({ files }: ConfFolder): { readonly name: string; readonly conflist: Conflist }[] {
  return files.flatMap(({ name, text }) => {
    const conflist = text === undefined ? undefined : parseConflist(text);
    return conflist === undefined ? [] : [{ name, conflist }];
  });
}

function fileOf(folder: ConfFolder, name: string, conflist: Conflist): FileItem {
  const content = renderConflist(conflist);
  const readBack = parseConflist(content);
  if (readBack === undefined || renderConflist(readBack) !== content) {
    throw new Bug(`the CNI configuration for ${name} does not read back as it was written: ${content}`);
  }
  return { path: pathOf(folder, name), content, mode: 0o644 };
}

function pathOf({ path }: ConfFolder, name: string): string {
  return `${path}/${name}`;
}

function byFamily(subnets: OwnNetwork["subnets"]): OwnNetwork["subnets"] {
  return subnets.toSorted((a, b) => a.family - b.family);
}
