import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { networkNamespaceName } from "../create-host.ts";
import type { Host, LabProcess } from "../host.ts";
import type { LabContext } from "../lab-context.ts";
import { Problem } from "../../tools/problem.ts";
import { errorCode } from "../error-text.ts";
import { runCommand, runOrThrow } from "../run-command.ts";
import { waitUntil } from "../wait-until.ts";
import { identify } from "../process-table.ts";
import { cgroupTrees, createCgroup, moveToLeaf, removeCgroup, treeAliases } from "./cgroup.ts";
import { enterNode, namespacesLink } from "./enter-node.ts";
import {
  COPIED_FOLDERS,
  COPIES_IN_NODE,
  foreignMounts,
  type MountTableInput,
  NODE_FOLDERS,
  renderFirstMounts,
  renderMounts,
} from "./mount-table.ts";

/** What is a node's own beside its network: processes, mounts, host name, control groups, machine id and boot id. */
export interface Machine {
  /** Begins every command line that is to run on the node; it stays the same over reboots. */
  readonly enter: readonly string[];
  /** Switches a machine on that is off: a new boot id, an empty /run, and in the folders of NODE_FOLDERS what was in them before. */
  powerOn(): Promise<void>;
  /** Ends every process of the node at once, its pods' too, as a power cut would; /run and all mounts go with them. */
  powerOff(): Promise<void>;
}

/** The holder's name among a host's processes: while it lives, the machine is on. */
export const HOLDER = "machine";

const BOOT_ID = "/proc/sys/kernel/random/boot_id";

// Switches of the whole kernel that a kubelet sets: on a node it sets copies.
const KERNEL_SWITCHES = [
  "/proc/sys/kernel/keys/root_maxbytes",
  "/proc/sys/kernel/keys/root_maxkeys",
  "/proc/sys/kernel/panic",
  "/proc/sys/kernel/panic_on_oops",
  "/proc/sys/vm/overcommit_memory",
  "/proc/sys/vm/panic_on_oom",
];

const OWN_NAMESPACES = [
  "/usr/bin/unshare",
  "--mount",
  "--uts",
  "--cgroup",
  "--pid",
  "--fork",
  "--kill-child",
  "--propagation=private",
  "--",
];

// Ended processes without a parent fall to process 1, and vanish by themselves where it ignores the end of its children.
const PROCESS_1 = ["env", "--ignore-signal=CHLD", "sleep", "infinity"];

/** The control group of a lab, and of one of its hosts, in every tree. */
export function cgroupOf(instanceName: string, host?: string): readonly string[] {
  return [`podnet-${instanceName}`, ...(host === undefined ? [] : [host])];
}

/**
 * A node's machine, switched off. `network` is the node's host as it is without one, entered by its network namespace alone.
 * Nothing outside of the machine changes but the node's own folder and its control group; nothing of it outlives its holder but
 * the empty control group and a dangling link.
 */
export function createMachine(context: LabContext, network: Host): Machine {
  const enter = enterNode(`/run/netns/${networkNamespaceName(context.instance.name, network.name)}`, network.directory);
  const trees = cgroupTrees();
  const cgroup = cgroupOf(context.instance.name, network.name);
  let holder: LabProcess | undefined;
  return {
    enter,
    powerOn: async () => {
      for (const name of NODE_FOLDERS.keys()) mkdirSync(join(network.directory, name), { recursive: true });
      holder = await startHolder(network, createCgroup(trees, cgroup));
      await mountAll(network, holder, enter, {
        labDirectory: context.directory,
        nodePath: relative(context.directory, network.directory),
        cgroupTrees: trees,
        copiedFiles: [BOOT_ID, ...KERNEL_SWITCHES].filter((file) => existsSync(file)),
      });
      await runOrThrow([...enter, "hostname", network.name]);
    },
    powerOff: async () => {
      await holder?.kill();
      rmSync(namespacesLink(network.directory), { force: true });
      const gone = (): true | undefined => removeCgroup(trees, cgroup) || undefined;
      await waitUntil(`the end of every process of ${network.name}`, 10_000, gone, 10);
    },
  };
}

async function startHolder(network: Host, groups: readonly string[]): Promise<LabProcess> {
  const holder = network.start(HOLDER, [
    process.execPath,
    fileURLToPath(new URL("join-cgroup.ts", import.meta.url)),
    ...groups,
    "--",
    ...OWN_NAMESPACES,
    ...PROCESS_1,
  ]);
  const link = namespacesLink(network.directory);
  rmSync(link, { force: true });
  symlinkSync(`/proc/${holder.pid}/ns`, link);
  const [pids, ownPids] = [join(link, "pid_for_children"), readlinkSync("/proc/self/ns/pid")];
  const child = await waitUntil(
    `the namespaces of ${network.name}`,
    20_000,
    () => {
      if (identify(holder.pid) === undefined) {
        throw new Problem(`${network.name} could not be switched on: ${readFileSync(holder.logFile, "utf8").trim()}`);
      }
      const childPids = readLink(pids);
      if (childPids === undefined || childPids === ownPids) return undefined;
      // Until unshare has parted its mounts from this machine's, after the fork, what is unmounted there goes here too, /run/netns/* among it.
      if (/ shared:\d/.test(readFileSync(`/proc/${holder.pid}/mountinfo`, "utf8"))) return undefined;
      // The namespace is there a moment before its process 1. Number 0 would mean this very process to a control group.
      return Number(readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, "utf8")) || undefined;
    },
    10,
  );
  moveToLeaf(groups, HOLDER, [holder.pid, child]);
  return holder;
}

/** Where a link of /proc leads; undefined: it cannot be read just now, as a pid namespace's cannot from its making to its process 1's. */
function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function mountAll(network: Host, holder: LabProcess, enter: readonly string[], input: MountTableInput): Promise<void> {
  const mount = async (table: string, text: string): Promise<void> => {
    const file = join(network.directory, table);
    writeFileSync(file, text);
    await runOrThrow([...enter, "mount", "--all", "--no-mtab", "--fstab", file]);
  };
  await unmountForeign(holder, enter);
  await mount("first-mounts", renderFirstMounts(input));
  const root = `/proc/${holder.pid}/root`;
  makeFolders(root, COPIES_IN_NODE);
  writeCopies(join(root, COPIES_IN_NODE), input.copiedFiles, machineId(network));
  await mount("mounts", renderMounts(input));
  for (const [alias, tree] of treeAliases()) symlinkSync(tree, join(root, "sys/fs/cgroup", alias));
  // What a node mounts later, its pods may see. Nothing passes between the machine and the node in either direction.
  await runOrThrow([...enter, "mount", "--make-rshared", "/"]);
}

/** Mounts of other labs and tests go by themselves, when those end in this very moment: one that is gone is no failure, and what is left is tried again. */
async function unmountForeign(holder: LabProcess, enter: readonly string[]): Promise<void> {
  let before = Number.POSITIVE_INFINITY;
  let complaint = "";
  for (;;) {
    const foreign = foreignMounts(readFileSync(`/proc/${holder.pid}/mountinfo`, "utf8"));
    if (foreign.length === 0) return;
    if (foreign.length >= before) throw new Error(`${foreign.join(", ")} could not be unmounted in a node: ${complaint}`);
    before = foreign.length;
    complaint = (await runCommand([...enter, "umount", "--no-mtab", "--lazy", ...foreign])).stderr.trim();
  }
}

function writeCopies(copies: string, files: readonly string[], machineId: string): void {
  for (const folder of COPIED_FOLDERS) {
    for (const part of ["upper", "work"]) makeFolders(copies, join(folder, part));
  }
  writeFileSync(join(copies, "/etc/upper/machine-id"), `${machineId}\n`);
  for (const file of files) {
    makeFolders(copies, dirname(file));
    writeFileSync(join(copies, file), file === BOOT_ID ? `${randomUUID()}\n` : readFileSync(file));
  }
}

/**
 * Makes the folders of a path below one that is there, one by one. Below `/proc/PID` Node 26's own way of making all of them never ends when the process has just gone: there
 * a folder can neither be made nor is it missing one above it.
 */
function makeFolders(below: string, path: string): void {
  let folder = below;
  for (const part of path.split("/").filter((name) => name !== "")) {
    folder = join(folder, part);
    if (!existsSync(folder)) mkdirSync(folder);
  }
}

function machineId(network: Host): string {
  const file = join(network.directory, "machine-id");
  if (!existsSync(file)) writeFileSync(file, randomBytes(16).toString("hex"));
  return readFileSync(file, "utf8");
}
