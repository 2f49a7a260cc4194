import { readlinkSync } from "node:fs";
import { dirname, join } from "node:path";

/** A link, in a node's own folder, to the namespaces of its machine: /proc/PID/ns of the holder. Absent while the node is off. */
export function namespacesLink(directory: string): string {
  return join(directory, "namespaces");
}

/** The node's root folder as the machine sees it, e.g. to reach a socket in the node's /run. Only while the node is on. */
export function rootOfNode(directory: string): string {
  return join(dirname(readlinkSync(namespacesLink(directory))), "root");
}

/**
 * Begins every command line that is to run on a node: in its network, mount, pid, host name and cgroup namespaces. It stays the
 * same over reboots. `networkNamespace` is a file, e.g. `"/run/netns/podnet-demo-node-1"`; `directory` is the node's own folder.
 *
 * Entering a pid namespace takes a second process, nsenter itself, that waits for the command. So that the two behave as one,
 * nsenter leaves a SIGTERM to the command and ends with its exit code, and the command does not outlive nsenter.
 */
export function enterNode(networkNamespace: string, directory: string): readonly string[] {
  const namespaces = namespacesLink(directory);
  return [
    "env",
    "--ignore-signal=TERM",
    "nsenter",
    `--net=${networkNamespace}`,
    `--mount=${namespaces}/mnt`,
    `--uts=${namespaces}/uts`,
    `--cgroup=${namespaces}/cgroup`,
    `--pid=${namespaces}/pid_for_children`,
    "--",
    "setpriv",
    "--pdeathsig=KILL",
    "env",
    "--default-signal=TERM",
  ];
}
