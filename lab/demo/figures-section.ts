import { residentMebibytes } from "../resident-memory.ts";
import { renderTable, type Section } from "./section.ts";
import type { Situation } from "./situation.ts";

/** What a person may want to know and nothing is held against: how long it took, and how much memory podnet has. */
export function figuresSection({ podnet, readyAfterSeconds }: Pick<Situation, "podnet" | "readyAfterSeconds">): Section {
  const processes = [
    ["operator", podnet.operator],
    ["webhook", podnet.webhook],
    ...[...podnet.agents].map(([node, agent]) => [`agent on ${node}`, agent] as const),
  ] as const;
  const memory = processes.map(([name, { process }]) => {
    const mebibytes = process === undefined ? undefined : residentMebibytes(process.pid);
    return [`resident memory of the ${name}`, mebibytes === undefined ? "not running" : `${mebibytes.toFixed(1)} MiB`];
  });
  const rows = [['from "kubectl apply" of the PodNetwork to Ready', `${readyAfterSeconds.toFixed(1)} s`], ...memory];
  return { title: "Figures", output: renderTable(rows), verdicts: [] };
}
