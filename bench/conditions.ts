import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { readPinned } from "../tools/pinned.ts";

/** What a run's figures depend on beside the code. */
export interface Conditions {
  readonly startedAt: string;
  readonly cores: number;
  readonly processor: string;
  readonly memoryGibibytes: number;
  readonly kernel: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Mean number of running processes over one, five and fifteen minutes, before the run and after it. */
  readonly loadBefore: readonly number[];
  readonly loadAfter: readonly number[];
}

/** The machine and the programs as they are now. */
export async function conditionsNow(now: Date): Promise<Conditions> {
  const [kubernetes, etcd] = await Promise.all([readPinned("kubernetes"), readPinned("etcd")]);
  return {
    startedAt: now.toISOString(),
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? "unknown",
    memoryGibibytes: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    versions: { node: process.version, kubernetes: kubernetes.version, etcd: etcd.version },
    loadBefore: loadavg(),
    loadAfter: [],
  };
}

/** One line for people. */
export function renderConditions({ cores, processor, kernel, versions, loadBefore, loadAfter }: Conditions): string {
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const load = [loadBefore, loadAfter].map((list) => (list[0] ?? 0).toFixed(1)).join(" → ");
  return `${cores} cores (${processor}), Linux ${kernel}, ${named.join(", ")}; load ${load}`;
}

/** Whether others may have slowed the run down: more was running at its start than the machine has cores. */
export function wasBusy({ loadBefore, cores }: Conditions): boolean {
  return (loadBefore[0] ?? 0) > cores / 2;
}
