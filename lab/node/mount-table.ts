import type { CgroupTree } from "./cgroup.ts";

/** A node's own folders, kept over reboots: name in the node's folder → where the node sees it. */
export const NODE_FOLDERS: ReadonlyMap<string, string> = new Map([
  ["etc-cni-net.d", "/etc/cni/net.d"],
  ["opt-cni-bin", "/opt/cni/bin"],
  ["var-lib-cni", "/var/lib/cni"],
  ["var-lib-containerd", "/var/lib/containerd"],
  ["var-lib-kubelet", "/var/lib/kubelet"],
  ["var-lib-podnet", "/var/lib/podnet"],
  ["var-log-containers", "/var/log/containers"],
  ["var-log-pods", "/var/log/pods"],
]);

/** The machine's folders that a node sees, but of which it changes only its own copy, lost when it is switched off. */
export const COPIED_FOLDERS = ["/etc", "/opt", "/var"] as const;

/** Where a node finds the lab's folder whatever lies over it, and the copies of files and folders that are its own. */
export const LAB_IN_NODE = "/run/lab";
export const COPIES_IN_NODE = "/run/copies";

export interface MountTableInput {
  /** The lab's folder, e.g. `"/home/ada/podnet/.lab/demo"`. */
  readonly labDirectory: string;
  /** The node's folder inside it, e.g. `"hosts/node-1"`. */
  readonly nodePath: string;
  readonly cgroupTrees: readonly CgroupTree[];
  /** Files of which the node has a copy of its own in COPIES_IN_NODE, e.g. `"/proc/sys/kernel/panic"`. */
  readonly copiedFiles: readonly string[];
}

/**
 * The machine's mounts that a node must not keep, innermost first, from its /proc/PID/mountinfo: each network namespace that
 * is mounted in /run would live as long as the node, and the machine's control groups would stand beside the node's own.
 */
export function foreignMounts(mountinfo: string): string[] {
  const targets = mountinfo.split("\n").map((line) => unescape(line.split(" ")[4] ?? ""));
  return targets.filter((target) => /^\/(run|sys)(\/|$)/.test(target)).toReversed();
}

interface Mount {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly options?: string;
}

/** The first mounts of a node, as an fstab text: an empty /run, and in it the lab's folder. */
export function renderFirstMounts({ labDirectory }: MountTableInput): string {
  return renderTable([
    { source: "lab-run", target: "/run", type: "tmpfs", options: "mode=755" },
    bind(labDirectory, LAB_IN_NODE),
  ]);
}

/** All further mounts, in order, once the copies are there. */
export function renderMounts(input: MountTableInput): string {
  return renderTable([
    ...COPIED_FOLDERS.map(overlay),
    // The lab's folder may itself lie in one of those.
    bind(LAB_IN_NODE, input.labDirectory),
    ...[...NODE_FOLDERS].map(([name, target]) => bind(`${LAB_IN_NODE}/${input.nodePath}/${name}`, target)),
    { source: "lab-proc", target: "/proc", type: "proc" },
    ...input.copiedFiles.map((file) => bind(`${COPIES_IN_NODE}${file}`, file)),
    { source: "lab-sys", target: "/sys", type: "sysfs" },
    ...cgroupMounts(input.cgroupTrees),
  ]);
}

function cgroupMounts(trees: readonly CgroupTree[]): Mount[] {
  const mounts = trees.map(
    ({ mountPoint, type, options }): Mount => ({ source: "lab-cgroup", target: mountPoint, type, options: options || "rw" }),
  );
  const unified = trees.some((tree) => tree.mountPoint === "/sys/fs/cgroup");
  return unified ? mounts : [{ source: "lab-cgroup", target: "/sys/fs/cgroup", type: "tmpfs", options: "mode=755" }, ...mounts];
}

function overlay(folder: string): Mount {
  const copies = `${COPIES_IN_NODE}${folder}`;
  const options = `lowerdir=${folder},upperdir=${copies}/upper,workdir=${copies}/work`;
  return { source: `lab${folder.replaceAll("/", "-")}`, target: folder, type: "overlay", options };
}

function bind(source: string, target: string): Mount {
  return { source, target, type: "none", options: "bind" };
}

function renderTable(mounts: readonly Mount[]): string {
  const lines = mounts.map(({ source, target, type, options }) => {
    const fields = [source, target, type, `${options ?? "defaults"},x-mount.mkdir`].map(escape);
    return `${fields.join(" ")} 0 0\n`;
  });
  return lines.join("");
}

function unescape(field: string): string {
  return field.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

// Fields of an fstab are separated by blanks; a blank inside one is written in octal.
function escape(field: string): string {
  return field.replaceAll("\\", "\\134").replaceAll(" ", "\\040").replaceAll("\t", "\\011");
}
