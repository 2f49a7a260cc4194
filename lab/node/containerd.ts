import { statfsSync } from "node:fs";
import { connect } from "node:net";

/** Where containerd listens, as a node sees it. */
export const CONTAINERD_SOCKET = "/run/containerd/containerd.sock";

/** How containerd stacks the layers of images: as overlays, or by copies where the disk cannot hold those. */
export type Snapshotter = "overlayfs" | "native";

const OVERLAYFS_MAGIC = 0x794c7630;

/** What works in this folder: an overlay cannot be stacked on a file system that is itself an overlay, as in most containers. */
export function snapshotterFor(directory: string): Snapshotter {
  return statfsSync(directory).type === OVERLAYFS_MAGIC ? "native" : "overlayfs";
}

/** containerd's configuration; every path is containerd's own default. */
export function renderContainerdConfig(pauseImage: string, snapshotter: Snapshotter): string {
  return `version = 3

[grpc]
  address = "${CONTAINERD_SOCKET}"

[plugins."io.containerd.cri.v1.images"]
  snapshotter = "${snapshotter}"

[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "${pauseImage}"

[plugins."io.containerd.cri.v1.runtime"]
  # A lab need not be allowed to lower the kernel's OOM scores, and runc dies where it may not.
  restrict_oom_score_adj = true
`;
}

/** Whether somebody accepts connections on this unix socket. */
export function isListening(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once("connect", () => {
      connection.destroy();
      resolve(true);
    });
    connection.once("error", () => resolve(false));
  });
}
