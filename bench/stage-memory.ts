import type { Lab } from "../lab/lab.ts";
import { tellMemory } from "../lab/podnet/tell-memory.ts";
import type { Figure } from "./figure.ts";

/** Resident memory of podnet's processes in their pods: of each stage the one that has most. */
export async function memoryOfStages(lab: Lab): Promise<Figure[]> {
  const all = (await Promise.all(lab.nodes.map(tellMemory))).flat();
  const byStage = Map.groupBy(all, ({ stage }) => stage);
  return Array.from(byStage, ([stage, processes]) => ({
    what: `${stage}: memory at rest`,
    unit: "MiB",
    values: [Math.max(...processes.map(({ mebibytes }) => mebibytes))],
  }));
}
