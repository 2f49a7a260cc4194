import type { Host } from "../host.ts";

/** One process of podnet in a pod. */
export interface StageMemory {
  /** e.g. `"agent"` */
  readonly stage: string;
  /** VmRSS. */
  readonly mebibytes: number;
}

/** What each process of podnet has of a node's memory. */
export async function tellMemory(node: Host): Promise<StageMemory[]> {
  const { stdout } = await node.run([process.execPath, "--eval", program]);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const [stage = "", kibibytes] = line.split(" ");
    return { stage, mebibytes: Number(kibibytes) / 1024 };
  });
}

/** Run inside a node: a line for each process of podnet, with its stage and VmRSS in KiB. */
const program = `
  const { readdirSync, readFileSync } = require("node:fs");
  for (const pid of readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name))) {
    try {
      const [, stage] = /podnet\\.mjs\\0(\\w+)\\0/.exec(readFileSync("/proc/" + pid + "/cmdline", "utf8")) ?? [];
      const [, size] = /^VmRSS:\\s+(\\d+)/m.exec(readFileSync("/proc/" + pid + "/status", "utf8")) ?? [];
      if (stage !== undefined && size !== undefined) console.log(stage + " " + size);
    } catch {}
  }
`;
