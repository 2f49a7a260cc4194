import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Lab } from "../../lab/lab.ts";
import { mistakesIn } from "./log-mistakes.ts";
import { compileCache } from "../../tools/compile-cache.ts";

const root = join(import.meta.dirname, "../..");

/** An operator as a process of its own, with the identity it has in production. */
export interface OperatorProcess {
  /** Ends it at once, as SIGKILL does. */
  kill(): Promise<void>;
  /** Asks it to end; gives its exit code. */
  stop(): Promise<number | null>;
  /** Sends it a signal and does not wait. */
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  /** Its log, one record a line. */
  log(): { readonly level: string; readonly message: string; readonly [field: string]: unknown }[];
  /** Whether it says that it leads; false while it does not answer. */
  leads(): Promise<boolean>;
  /** Whether it says that it is ready. */
  ready(): Promise<boolean>;
  /** Its page of metrics; empty while it does not answer. */
  metrics(): Promise<string>;
  /** How many passes have ended; 0 while it does not answer. */
  passes(): Promise<number>;
  /** Resident memory in MiB, by its own metrics. */
  memoryMiB(): Promise<number>;
}

/** With this several operators work at once. */
export const withoutElection = { PODNET_LEADER_ELECTION: "false" } as const;

/** Starts an operator, with more settings than those every one gets; does not wait for it to be ready. */
export async function startOperatorProcess(lab: Lab, settings: Readonly<Record<string, string>> = {}): Promise<OperatorProcess> {
  const { outsideKubeconfig } = await lab.identity({ name: "podnet-operator", namespace: "kube-system" });
  const port = await freePort();
  const child = spawn(process.execPath, [join(root, "cli/podnet.ts"), "operator"], {
    env: {
      ...compileCache,
      PODNET_KUBECONFIG: outsideKubeconfig,
      PODNET_HEALTH_LISTEN: `127.0.0.1:${port}`,
      PODNET_RESYNC_SECONDS: "1",
      PODNET_HEARTBEAT_SECONDS: "1",
      PODNET_RECOVERY_SECONDS: "3",
      PODNET_LEASE_SECONDS: "4",
      ...settings,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
  const end = async (signal: "SIGKILL" | "SIGTERM"): Promise<number | null> => {
    if (isRunning(child)) child.kill(signal);
    if (isRunning(child)) await exited;
    failForMistakes(text);
    return child.exitCode;
  };
  return {
    kill: async () => {
      await end("SIGKILL");
    },
    stop: () => end("SIGTERM"),
    signal(name) {
      child.kill(name);
    },
    log: () =>
      text
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line)),
    leads: async () => (await metric(port, /^podnet_operator_leader(?:\{.*\})? (\d+)/m)) === 1,
    ready: () =>
      fetch(`http://127.0.0.1:${port}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    metrics: () => metricPage(port),
    passes: () => metric(port, /^podnet_operator_pass_seconds_count(?:\{.*\})? (\d+)/m),
    memoryMiB: async () => Math.round((await metric(port, /^process_resident_memory_bytes(?:\{.*\})? (\S+)/m)) / 2 ** 20),
  };
}

/** Fails the whole test file, but lets it put away what it started. */
function failForMistakes(log: string): void {
  const found = mistakesIn(log);
  if (found.length === 0) return;
  process.exitCode = 1;
  console.error(`The operator's log tells of a mistake in it:\n${found.slice(0, 5).join("\n")}`);
}

/** Without election, kills the operator after every one of the pauses and starts another one at once; gives the last. */
export async function killAgainAndAgain(lab: Lab, pausesMs: readonly number[]): Promise<OperatorProcess> {
  let operator = await startOperatorProcess(lab, withoutElection);
  for (const pauseMs of pausesMs) {
    await delay(pauseMs);
    await operator.kill();
    operator = await startOperatorProcess(lab, withoutElection);
  }
  return operator;
}

async function metric(port: number, pattern: RegExp): Promise<number> {
  return Number(pattern.exec(await metricPage(port))?.[1] ?? 0);
}

function metricPage(port: number): Promise<string> {
  return fetch(`http://127.0.0.1:${port}/metrics`).then(
    (answer) => answer.text(),
    () => "",
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
