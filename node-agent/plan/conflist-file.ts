import type { ConfFile } from "../../cni/conf-folder.ts";
import { type Conflist, openSubnets, parseConflist, renderConflist } from "../../cni/plan/conflist.ts";
import type { FileItem } from "../../lib/linux/kinds/file.ts";
import type { FileSet } from "../../lib/linux/node-state.ts";
import { families, type Family } from "../../lib/net/address.ts";
import { type Prefix, renderPrefix } from "../../lib/net/prefix.ts";
import { Bug } from "../../lib/reconcile/bug.ts";
import type { OwnNetwork } from "./own-network.ts";
import type { OwnSubnet } from "./own-subnets.ts";

/** The CNI configurations of the node as they stand. */
export interface ConfFolder {
  /** e.g. `"/etc/cni/net.d"` */
  readonly path: string;
  /** In the order a runtime takes them. */
  readonly files: readonly ConfFile[];
}

/**
 * The configuration of a node on which everything else is programmed. It stands alone: others of ours, from an earlier `confName`, go after it is there.
 * A family of which no subnet is open is closed, not left out, so that no pod starts with half of its addresses.
 * @throws {Bug} when the text does not read back as what it was made of.
 */
export function openConflist(folder: ConfFolder, own: OwnNetwork, mtu: number): FileSet {
  const { bridge, hairpin, portMap, bandwidth, subnets, open } = own;
  const conflist: Conflist = { bridge, hairpin, portMap, bandwidth, mtu, ...openOrClosed(subnets, open) };
  return { want: [fileOf(folder, own.confName, conflist)], ours: oursIn(folder).map(({ name }) => pathOf(folder, name)) };
}

/**
 * The configuration of a node on which something is not programmed: what stands is kept, since the runtime needs it to delete pods, and
 * offers to new pods no other subnets than before, and of these only `open`.
 */
export function keptConflist(folder: ConfFolder, open: readonly Prefix[]): FileSet {
  const allowed = new Set(open.map(renderPrefix));
  const narrowed = oursIn(folder).flatMap(({ name, conflist }) => {
    const offered = openSubnets(conflist);
    const kept = offered.filter((subnet) => allowed.has(renderPrefix(subnet)));
    return kept.length === offered.length ? [] : [{ name, conflist: { ...conflist, ...openOrClosed(conflist.subnets, kept) } }];
  });
  return { want: narrowed.map(({ name, conflist }) => fileOf(folder, name, conflist)), ours: [] };
}

/** The configuration of a node that has no subnet any more: closed while pods hold addresses, gone after the last. */
export function leavingConflist(folder: ConfFolder, hasLeases: boolean): FileSet {
  if (hasLeases) return keptConflist(folder, []);
  return { want: [], ours: oursIn(folder).map(({ name }) => pathOf(folder, name)) };
}

/** The configurations of a node that was booted again: closed where their bridge is none of `bridges`, until it is known whose their subnets are now. */
export function unservedConflist(folder: ConfFolder, bridges: readonly string[]): FileSet {
  const served = new Set(oursIn(folder).flatMap(({ name, conflist }) => (bridges.includes(conflist.bridge) ? [name] : [])));
  return keptConflist({ ...folder, files: folder.files.filter(({ name }) => !served.has(name)) }, []);
}

/** The subnets that configurations of ours give to new pods, as they stand. */
export function offeredSubnets(folder: ConfFolder): Prefix[] {
  return oursIn(folder).flatMap(({ conflist }) => openSubnets(conflist));
}

/** The subnets of configurations of ours, as evidence of what this node had. */
export function subnetsIn(folder: ConfFolder): OwnSubnet[] {
  return oursIn(folder).flatMap(({ conflist }) => {
    const isOpen = (subnet: Prefix) => !conflist.closed.includes(subnet.family);
    return conflist.subnets.map((prefix) => ({ prefix, state: isOpen(prefix) ? "Active" : "Draining", stale: true }) as const);
  });
}

/** The files of others that a runtime takes before ours. */
export function foreignBefore(folder: ConfFolder, confName: string): string[] {
  const ours = new Set(oursIn(folder).map(({ name }) => name));
  return folder.files.map(({ name }) => name).filter((name) => name < confName && !ours.has(name));
}

/** The MTU that pods on a bridge get, in bytes; undefined where no configuration of ours is about it. */
export function mtuOn(folder: ConfFolder, bridge: string): number | undefined {
  return oursIn(folder).find(({ conflist }) => conflist.bridge === bridge)?.conflist.mtu;
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

/** The open ones of each family; all of it, closed, where none is. */
function openOrClosed(subnets: readonly Prefix[], open: readonly Prefix[]): Pick<Conflist, "subnets" | "closed"> {
  const of = (some: readonly Prefix[], family: Family) => some.filter((subnet) => subnet.family === family);
  const closed = families.filter((family) => of(subnets, family).length > 0 && of(open, family).length === 0);
  return { subnets: families.flatMap((family) => of(closed.includes(family) ? subnets : open, family)), closed };
}
