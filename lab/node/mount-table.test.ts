import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { foreignMounts, type MountTableInput, renderFirstMounts, renderMounts } from "./mount-table.ts";

const INPUT: MountTableInput = {
  labDirectory: "/home/ada/my lab/.lab/demo",
  nodePath: "hosts/node-1",
  cgroupTrees: [{ mountPoint: "/sys/fs/cgroup", type: "cgroup2", options: "" }],
  copiedFiles: ["/proc/sys/kernel/random/boot_id", "/proc/sys/kernel/panic"],
};

const VERSION_1: MountTableInput = {
  ...INPUT,
  cgroupTrees: [
    { mountPoint: "/sys/fs/cgroup/memory", type: "cgroup", options: "memory" },
    { mountPoint: "/sys/fs/cgroup/unified", type: "cgroup2", options: "" },
  ],
};

function golden(name: string): string {
  return readFileSync(new URL(`testdata/${name}`, import.meta.url), "utf8");
}

test("a node's mounts on a machine of cgroup version 2 are those of the golden tables", () => {
  assert.equal(renderFirstMounts(INPUT), golden("first-mounts.fstab"));
  assert.equal(renderMounts(INPUT), golden("mounts.fstab"));
});

test("on a machine of cgroup version 1 every tree is mounted below a folder of its own", () => {
  const lines = renderMounts(VERSION_1).trimEnd().split("\n");
  assert.deepEqual(lines.slice(-3), golden("cgroup-version-1.fstab").trimEnd().split("\n"));
  assert.deepEqual(lines.slice(0, -3), golden("mounts.fstab").trimEnd().split("\n").slice(0, -1));
});

test("mounts in /run and /sys are foreign to a node, the innermost going first; all others stay", () => {
  const mountinfo = `22 1 254:0 / / rw - ext4 /dev/vda rw
23 22 0:22 / /sys rw - sysfs sysfs rw
24 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
25 22 0:29 / /runtime rw - tmpfs tmpfs rw
26 22 0:30 / /run rw - tmpfs tmpfs rw
27 26 0:4 net:[4026532177] /run/netns/a\\040name rw shared:69 - nsfs nsfs rw
`;
  assert.deepEqual(foreignMounts(mountinfo), ["/run/netns/a name", "/run", "/sys/fs/cgroup", "/sys"]);
});
