import { writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Run as a program: joins the control groups named before `--`, then becomes the command after it.
 * A cgroup namespace is rooted where the process that makes it is, so that process has to be moved first.
 */
const separator = process.argv.indexOf("--");
for (const group of process.argv.slice(2, separator)) writeFileSync(join(group, "cgroup.procs"), "0");
const command = process.argv.slice(separator + 1);
process.execve?.(command[0] ?? "", command, process.env);
