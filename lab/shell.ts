import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { Problem } from "../tools/problem.ts";
import { enterNetwork, networkNamespaceName } from "./create-host.ts";
import { listLabRecords, readLabRecord } from "./lab-record.ts";
import type { LabRecord } from "./lab-record.ts";
import { enterNode, namespacesLink } from "./node/enter-node.ts";

/** The record of a lab that a person names. Throws a Problem, with the names there are, where it is not up. */
export function recordNamed(name: string): LabRecord {
  const record = readLabRecord(name);
  if (record !== undefined) return record;
  const names = listLabRecords().map((other) => other.name);
  const others = names.length === 0 ? "none is" : `${names.join(", ")} ${names.length === 1 ? "is" : "are"}`;
  throw new Problem(`The lab ${name} is not up, ${others}: start it by "npm run lab -- up --name ${name}".`);
}

// A node has more namespaces than its network while its machine is on.
function enterHost(record: LabRecord, host: string): readonly string[] {
  const directory = join(record.directory, "hosts", host);
  const networkNamespace = `/run/netns/${networkNamespaceName(record.name, host)}`;
  return existsSync(namespacesLink(directory)) ? enterNode(networkNamespace, directory) : enterNetwork(record.name, host);
}

/** Whether a Ctrl-C at the terminal reaches this process and its children by itself: they are its foreground group. */
function isInForeground(): boolean {
  const stat = readFileSync("/proc/self/stat", "utf8");
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return group === foreground;
}

/** Runs a command on this terminal and gives its exit code. Signals are for the command; this process waits for it to end. */
export function runInForeground(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const [program = "", ...rest] = argv;
  const child = spawn(program, rest, { stdio: "inherit", env });
  const handOn = (signal: NodeJS.Signals): void => {
    if (signal !== "SIGINT" || !isInForeground()) child.kill(signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, handOn);
  return new Promise<number>((resolve, reject) => {
    child.once("error", (error) => reject(new Problem(`${program} cannot be started (${error.message}): install it.`)));
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  }).finally(() => {
    for (const signal of signals) process.off(signal, handOn);
  });
}

function environmentOf(record: LabRecord, kubeconfig: string | undefined): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
    ...(record.kubectl === undefined ? {} : { PATH: `${dirname(record.kubectl)}:${process.env["PATH"]}` }),
  };
}

/** `lab shell`: a person's shell, or another command, inside a host; kubectl is on its PATH and knows the lab. */
export async function shell(name: string, host: string, command: readonly string[]): Promise<number> {
  const record = recordNamed(name);
  if (!record.hosts.includes(host)) {
    throw new Problem(`The lab ${name} has no host ${host}: choose one of ${record.hosts.join(", ")}.`);
  }
  const kubeconfig = record.kubeconfig === undefined ? undefined : join(record.directory, "pki", "admin.kubeconfig");
  const argv = command.length > 0 ? command : [process.env["SHELL"] ?? "/bin/sh"];
  return runInForeground([...enterHost(record, host), ...argv], environmentOf(record, kubeconfig));
}

/** `lab kubectl`: the pinned kubectl, as an administrator of the lab's cluster. */
export async function kubectl(name: string, args: readonly string[]): Promise<number> {
  const record = recordNamed(name);
  if (record.kubectl === undefined) throw new Problem(`The lab ${name} has no API server: start it with a higher --level.`);
  return runInForeground([record.kubectl, ...args], environmentOf(record, record.kubeconfig));
}
