import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../error-text.ts";

/** One mounted tree of control groups: the only one on a machine of version 2, one of about ten on version 1. */
export interface CgroupTree {
  /** e.g. `"/sys/fs/cgroup"` or `"/sys/fs/cgroup/memory"`. */
  readonly mountPoint: string;
  readonly type: "cgroup" | "cgroup2";
  /** What `mount` needs to find the same tree again, e.g. `"memory"` or `"xattr,name=systemd"`; empty for version 2. */
  readonly options: string;
}

/** The trees that a process sees below /sys/fs/cgroup, from its /proc/self/mountinfo. */
export function parseCgroupTrees(mountinfo: string): CgroupTree[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [mount = "", source = ""] = line.split(" - ");
    const mountPoint = mount.split(" ")[4] ?? "";
    const [type, , superOptions = ""] = source.split(" ");
    if ((type !== "cgroup" && type !== "cgroup2") || !mountPoint.startsWith("/sys/fs/cgroup")) return [];
    const options = superOptions.split(",").filter((option) => option !== "rw" && option !== "ro");
    return [{ mountPoint, type, options: type === "cgroup" ? options.join(",") : "" }];
  });
}

/** The trees of this machine. */
export function cgroupTrees(): CgroupTree[] {
  return parseCgroupTrees(readFileSync("/proc/self/mountinfo", "utf8"));
}

/** Other names of trees, e.g. `"cpu"` → `"cpu,cpuacct"` where one tree has several controllers: links beside their mount points. */
export function treeAliases(folder = "/sys/fs/cgroup"): ReadonlyMap<string, string> {
  const links = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isSymbolicLink());
  return new Map(links.map((entry) => [entry.name, readlinkSync(join(folder, entry.name))]));
}

/** Makes one control group in every tree, e.g. `["podnet-demo", "node-1"]`, that can hold further ones; it may exist already. */
export function createCgroup(trees: readonly CgroupTree[], path: readonly string[]): string[] {
  return trees.map((tree) => path.reduce((parent, name) => createChild(tree, parent, name), tree.mountPoint));
}

function createChild(tree: CgroupTree, parent: string, name: string): string {
  const child = join(parent, name);
  if (tree.type === "cgroup2") enableControllers(parent);
  mkdirSync(child, { recursive: true });
  // In version 1 a new group has no processors and no memory nodes, and nothing can run in it.
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    const inherited =
      tree.type === "cgroup" && existsSync(join(child, file)) ? readFileSync(join(parent, file), "utf8").trim() : "";
    if (inherited !== "") writeFileSync(join(child, file), inherited);
  }
  return child;
}

// One by one: a controller that the parent may not hand on (a real-time processor group, say) must not cost the others.
function enableControllers(group: string): void {
  const available = readFileSync(join(group, "cgroup.controllers"), "utf8").split(/\s+/).filter(Boolean);
  for (const controller of available) {
    try {
      writeFileSync(join(group, "cgroup.subtree_control"), `+${controller}`);
    } catch {
      continue;
    }
  }
}

/** Moves processes into a group named `leaf` below each of these groups: in version 2 a group with processes cannot hand on controllers. */
export function moveToLeaf(groups: readonly string[], leaf: string, pids: readonly number[]): void {
  for (const group of groups.filter((group) => existsSync(join(group, "cgroup.controllers")))) {
    mkdirSync(join(group, leaf), { recursive: true });
    for (const pid of pids) writeFileSync(join(group, leaf, "cgroup.procs"), String(pid));
  }
}

/** Removes a group and all below it from every tree; false while a process that is still ending keeps one. Absent is removed. */
export function removeCgroup(trees: readonly CgroupTree[], path: readonly string[]): boolean {
  return trees.map((tree) => removeTree(join(tree.mountPoint, ...path))).every(Boolean);
}

function removeTree(group: string): boolean {
  if (!existsSync(group)) return true;
  const children = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const childrenGone = children.map((child) => removeTree(join(group, child.name))).every(Boolean);
  try {
    if (childrenGone) rmdirSync(group);
    return childrenGone;
  } catch (error) {
    return errorCode(error) === "ENOENT";
  }
}
