import type { AddressItem } from "./kinds/address.ts";
import type { FdbItem } from "./kinds/fdb.ts";
import type { FileItem } from "./kinds/file.ts";
import type { LinkItem } from "./kinds/link.ts";
import type { NeighborItem } from "./kinds/neighbor.ts";
import type { RouteItem } from "./kinds/route.ts";
import type { SysctlItem } from "./kinds/sysctl.ts";
import type { TableItem } from "./kinds/table.ts";
import type { PortSettings } from "./port-stage.ts";

/** All that one node shall have; whatever else carries our mark goes. */
export interface NodeState {
  readonly links: readonly LinkItem[];
  /** Of all veths of pods that are on a bridge of ours or on nothing; which there are, the node itself tells. */
  readonly ports: PortSettings;
  readonly sysctls: readonly SysctlItem[];
  /** Of tunnels only those are looked at that are named here; a tunnel's addresses go with it. */
  readonly addresses: readonly AddressItem[];
  /** On the tunnels of `links`; nothing is looked at where there are none, since entries go with their tunnel. */
  readonly neighbors: readonly NeighborItem[];
  /** On the tunnels of `links`, too. */
  readonly fdb: readonly FdbItem[];
  readonly routes: readonly RouteItem[];
  readonly tables: readonly TableItem[];
  readonly files: FileSet;
}

/** The files that shall stand, and the paths at which a file is ours: one that is not wanted there is removed. */
export interface FileSet {
  readonly want: readonly FileItem[];
  /** Absolute paths, e.g. `["/etc/cni/net.d/10-podnet.conflist"]`; those of `want` need not be repeated. */
  readonly ours: readonly string[];
}
