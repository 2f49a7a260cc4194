import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Runtime } from "../support/cni.ts";
import { noteOf } from "../support/libcni-note.ts";
import type { Cut } from "./cut.ts";
import { type LeaseWatch, watchLeases } from "./lease-watch.ts";
import { type PluginProcess, startPlugin } from "./plugin-process.ts";

/** A pod for which plugins are called. */
export interface PodCall {
  readonly command: "ADD" | "DEL";
  readonly id: string;
  /** Path of its namespace. */
  readonly netns: string;
  readonly cut?: Cut | undefined;
  /** The plugins are stopped for so long when a lease of the pod is written; default 0. */
  readonly stoppedMs?: number;
}

/** What came of it: `done` in full, `refused` by a plugin, or `cut` short. */
export interface PodAnswer {
  readonly outcome: "done" | "refused" | "cut";
  /** What the pod got, as far as the runtime knows. */
  readonly addresses: readonly string[];
  /** Why it was refused. */
  readonly message: string;
}

/** What a plugin says. */
interface Result {
  readonly ips?: readonly { readonly address: string }[];
  readonly msg?: string;
}

interface Plugin {
  readonly type: string;
  readonly ipam?: object;
}

/** A runtime that calls plugins and keeps notes as libcni (1.3) does, and can be cut short anywhere. */
export interface CuttableRuntime {
  call(call: PodCall): Promise<PodAnswer>;
  /** Resolves when no plugin runs any more that was left to itself. */
  settled(): Promise<void>;
}

/** Nobody's pods yet; leases are watched until the signal fires. */
export async function createRuntime(runtime: Runtime, signal: AbortSignal): Promise<CuttableRuntime> {
  const leases = join(runtime.leaseFolder, "podnet");
  await mkdir(leases, { recursive: true });
  const watched = watchLeases(leases, signal);
  const left = new Set<Promise<unknown>>();

  const run = async (pod: PodCall, plugin: Plugin, input: string, cutting: AbortSignal) => {
    const { command, id, netns } = pod;
    const call = { CNI_COMMAND: command, CNI_CONTAINERID: id, CNI_NETNS: netns, CNI_IFNAME: "eth0" };
    const path = join(runtime.pluginFolder, plugin.type);
    const running = startPlugin(runtime.node.path, path, { ...call, CNI_PATH: runtime.pluginFolder }, input);
    const answer = await Promise.race([withStops(running, pod, leases, watched), whenCut(running, pod, cutting)]);
    const rest: Promise<unknown> = running.ended.finally(() => left.delete(rest));
    left.add(rest);
    return answer;
  };

  const call = async (pod: PodCall): Promise<PodAnswer> => {
    const conflist = await readFile(runtime.conflist, "utf8");
    const { plugins, ...head } = JSON.parse(conflist) as { cniVersion: string; name: string; plugins: Plugin[] };
    const cutting = beginCut(pod.cut, watched);
    let result: Result = {};
    try {
      for (const plugin of pod.command === "ADD" ? plugins : plugins.toReversed()) {
        const ipam = plugin.ipam && { ipam: { ...plugin.ipam, dataDir: runtime.leaseFolder } };
        const prevResult = result.ips === undefined ? {} : { prevResult: result };
        const answer = await run(pod, plugin, JSON.stringify({ ...head, ...plugin, ...ipam, ...prevResult }), cutting.signal);
        if (answer === "cut") return { outcome: "cut", addresses: addressesOf(result), message: "" };
        if (answer.status !== 0) return { outcome: "refused", addresses: [], message: saidIn(answer.stdout).msg ?? "" };
        if (pod.command === "ADD") result = saidIn(answer.stdout);
      }
    } finally {
      cutting.end();
    }
    const isWhole = await note(pod, dirname(runtime.leaseFolder), { conflist, result });
    return { outcome: isWhole ? "done" : "cut", addresses: addressesOf(result), message: "" };
  };
  return { call, settled: async () => void (await Promise.all(left)) };
}

/** Fires when the call is to be cut short; no more once it is ended. */
function beginCut(cut: Cut | undefined, watched: LeaseWatch): { readonly signal: AbortSignal; end(): void } {
  const cutting = new AbortController();
  const now = () => cutting.abort();
  const timer = cut?.at === "time" ? setTimeout(now, cut.afterMs) : undefined;
  const deafen = cut?.at === "lease" ? watched.listen(now) : undefined;
  return {
    signal: cutting.signal,
    end() {
      clearTimeout(timer);
      deafen?.();
    },
  };
}

function whenCut(running: PluginProcess, { cut }: PodCall, signal: AbortSignal): Promise<"cut"> {
  return new Promise((resolve) => {
    const now = () => {
      if (cut !== undefined && cut.at !== "note" && cut.victim !== "runtime") running.signal(cut.victim, "SIGKILL");
      resolve("cut");
    };
    if (signal.aborted) now();
    else signal.addEventListener("abort", now);
  });
}

/** Stops a plugin with all that it started, for a while, when a lease of its pod is written, as a machine that is short of everything does. */
async function withStops(running: PluginProcess, { id, stoppedMs = 0 }: PodCall, leases: string, watched: LeaseWatch) {
  const stops: Promise<void>[] = [];
  const stop = async (name: string): Promise<void> => {
    const content = await readFile(join(leases, name), "utf8").catch(() => "");
    if (!content.startsWith(`${id}\r\n`)) return;
    running.signal("group", "SIGSTOP");
    await delay(stoppedMs);
    running.signal("group", "SIGCONT");
  };
  const deafen = stoppedMs > 0 ? watched.listen((name) => stops.push(stop(name))) : undefined;
  const answer = await running.ended;
  deafen?.();
  await Promise.all(stops);
  return answer;
}

/** As libcni notes a pod that was made, or forgets one that was deleted; whether it came to the end of it. */
async function note(
  { command, id, netns, cut }: PodCall,
  stateFolder: string,
  made: { readonly conflist: string; readonly result: object },
): Promise<boolean> {
  const written = cut?.at === "note" ? cut.written : undefined;
  if (written === "nothing") return false;
  const path = join(stateFolder, "results", `podnet-${id}-eth0`);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const text = noteOf({ id, netns, ...made });
  if (command === "DEL") await rm(path, { force: true });
  else await writeFile(path, written === "half" ? text.slice(0, text.length / 2) : text, { mode: 0o600 });
  return written === undefined;
}

function saidIn(stdout: string): Result {
  return stdout === "" ? {} : (JSON.parse(stdout) as Result);
}

function addressesOf({ ips = [] }: Result): string[] {
  return ips.map(({ address }) => address.split("/")[0] ?? "");
}
