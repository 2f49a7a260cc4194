import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import type { Server } from "node:net";
import { dirname } from "node:path";
import type { LabProcess, StartOptions } from "./host.ts";
import { Problem } from "../tools/problem.ts";
import { errorCode } from "./error-text.ts";
import { forgetProcess, recordProcess } from "./process-record.ts";
import { identify } from "./process-table.ts";

export interface ProcessSpec extends StartOptions {
  readonly host: string;
  readonly name: string;
  readonly argv: readonly string[];
  readonly logFile: string;
  /** Where the process is recorded for `lab status` and for whoever cleans up after a killed lab. */
  readonly registryDirectory: string;
  /** A listening server that the child, a Node program, is to serve: it comes as the handle of the first message. */
  readonly handOver?: Server;
}

const GRACE_MS = 5_000;

function spawnLogged(spec: ProcessSpec): ChildProcess {
  const [program = "", ...rest] = spec.argv;
  mkdirSync(dirname(spec.logFile), { recursive: true });
  const log = openSync(spec.logFile, "a");
  try {
    return spawn(program, rest, {
      // A session of its own: a Ctrl-C at the terminal reaches the lab alone, and one signal reaches the whole group.
      detached: true,
      stdio: spec.handOver === undefined ? ["ignore", log, log] : ["ignore", log, log, "ipc"],
      env: { ...process.env, ...spec.env },
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    });
  } finally {
    closeSync(log);
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (errorCode(error) !== "ESRCH") throw error;
  }
}

function handOver(child: ChildProcess, server: Server): void {
  child.send("serve", server, () => {
    server.close();
    if (child.connected) child.disconnect();
  });
}

/**
 * Starts a child in a process group of its own, its output going to its log file. It does not keep the caller's process alive
 * unless somebody asks for `exited`. Throws a Problem where the program that begins the command line cannot be started.
 */
export function startProcess(spec: ProcessSpec): LabProcess {
  const child = spawnLogged(spec);
  let gone = false;
  const exited = new Promise<number | string>((resolve) => {
    const ended = (outcome: number | string): void => {
      gone = true;
      if (child.pid !== undefined) forgetProcess(spec.registryDirectory, spec.host, spec.name, child.pid);
      resolve(outcome);
    };
    child.once("exit", (code, signal) => ended(code ?? signal ?? 0));
    child.once("error", () => ended("not started"));
  });
  const pid = child.pid;
  if (pid === undefined) {
    throw new Problem(`${spec.argv[0]} could not be started for ${spec.name} on ${spec.host}: install it and try again.`);
  }
  if (spec.handOver !== undefined) handOver(child, spec.handOver);
  child.unref();
  const identity = identify(pid) ?? { pid, startTime: "" };
  recordProcess(spec.registryDirectory, { host: spec.host, name: spec.name, logFile: spec.logFile, ...identity });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (gone) return;
    child.ref();
    signalGroup(pid, signal);
    const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), GRACE_MS);
    await exited;
    clearTimeout(timer);
    // What the leader left behind in its group goes with it.
    signalGroup(pid, "SIGKILL");
  };
  return {
    name: spec.name,
    pid,
    logFile: spec.logFile,
    get exited() {
      child.ref();
      return exited;
    },
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
}
