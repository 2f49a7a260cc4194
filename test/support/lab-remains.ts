import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

function listing(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function commandLines(): string[] {
  return listing("/proc").flatMap((pid) => {
    try {
      return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")] : [];
    } catch {
      return [];
    }
  });
}

/** Whatever of a lab in a temporary folder is still on this machine: namespaces, mounts, processes, control groups, files. */
export function remainsOf(name: string): string[] {
  const namespaces = listing("/run/netns").filter((entry) => entry.startsWith(`podnet-${name}-`));
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(`podnet-lab-${name}-`) || line.includes(`/podnet-${name}-`));
  const processes = commandLines().filter(
    (line) => line.includes(`podnet-lab-${name}-`) || line.includes(`/run/netns/podnet-${name}-`),
  );
  const cgroups = listing("/sys/fs/cgroup").flatMap((tree) => {
    const path = join("/sys/fs/cgroup", tree === `podnet-${name}` ? "" : tree, `podnet-${name}`);
    return existsSync(path) ? [path] : [];
  });
  const files = listing(tmpdir()).filter((entry) => entry.startsWith(`podnet-lab-${name}-`));
  const records = listing("/run/podnet-lab").filter((entry) => entry === name);
  return [...namespaces, ...mounts, ...processes, ...cgroups, ...files, ...records];
}
