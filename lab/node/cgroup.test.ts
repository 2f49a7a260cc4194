import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseCgroupTrees, treeAliases } from "./cgroup.ts";

test("a machine of version 2 has one tree of control groups", () => {
  const mountinfo = `22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
`;
  assert.deepEqual(parseCgroupTrees(mountinfo), [{ mountPoint: "/sys/fs/cgroup", type: "cgroup2", options: "" }]);
});

test("a machine of version 1 has one tree for each set of controllers, found again by their names", () => {
  const mountinfo = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:10 - cgroup cgroup rw,cpu,cpuacct
33 31 0:30 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
34 31 0:31 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
35 31 0:32 / /mnt/elsewhere rw,relatime - cgroup cgroup rw,memory
`;
  assert.deepEqual(parseCgroupTrees(mountinfo), [
    { mountPoint: "/sys/fs/cgroup/cpu,cpuacct", type: "cgroup", options: "cpu,cpuacct" },
    { mountPoint: "/sys/fs/cgroup/systemd", type: "cgroup", options: "xattr,name=systemd" },
    { mountPoint: "/sys/fs/cgroup/unified", type: "cgroup2", options: "" },
  ]);
});

test("the links beside the trees are their other names", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "cgroup-test-"));
  t.after(() => rmSync(folder, { recursive: true }));
  symlinkSync("cpu,cpuacct", join(folder, "cpu"));
  assert.deepEqual(treeAliases(folder), new Map([["cpu", "cpu,cpuacct"]]));
});
