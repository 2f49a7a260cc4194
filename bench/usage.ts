import { readFileSync } from "node:fs";
import { familyOf } from "../lab/process-table.ts";

/** What a process costs. */
export interface Usage {
  /** Processor seconds, user and system, used up to this time (as of Date.now()). */
  cpuSecondsAt(timeMs: number): number;
  /** The most resident memory that it ever had. */
  peakMebibytes(): number;
  stop(): void;
}

const sampleMs = 100;
/** The kernel's unit of time in /proc, the same on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** Follows a process and its descendants from now on. */
export function followUsage(pid: number): Usage {
  const samples: { readonly timeMs: number; readonly seconds: number }[] = [];
  let peak = 0;
  const look = () => {
    const family = [...familyOf(pid)];
    samples.push({ timeMs: Date.now(), seconds: family.reduce((sum, one) => sum + cpuSeconds(one), 0) });
    peak = Math.max(peak, ...family.map(peakOf));
  };
  look();
  const timer = setInterval(look, sampleMs);
  return {
    cpuSecondsAt: (timeMs) => samples.findLast((sample) => sample.timeMs <= timeMs)?.seconds ?? samples[0]?.seconds ?? 0,
    peakMebibytes: () => peak,
    stop: () => clearInterval(timer),
  };
}

function cpuSeconds(pid: number): number {
  const text = read(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond;
}

function peakOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
