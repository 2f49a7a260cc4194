import { dirname, join } from "node:path";
import { openProgress } from "../tools/progress.ts";
import { Problem } from "../tools/problem.ts";
import { LEVELS, oneNode, threeNodes, twoSegments } from "./instance.ts";
import type { Instance, Level } from "./instance.ts";
import { linkKubeconfig } from "./kubeconfig-link.ts";
import type { Lab } from "./lab.ts";
import { startLab } from "./start-lab.ts";

export interface UpRequest {
  readonly name: string;
  readonly level: string;
  readonly shape: string;
}

/** Shape's name, as a person types it → the instance. */
export const SHAPES: ReadonlyMap<string, (name: string, level: Level) => Instance> = new Map([
  ["three-nodes", threeNodes],
  ["one-node", oneNode],
  ["two-segments", twoSegments],
]);

/** Where a person's lab keeps its files, e.g. `<checkout>/.lab/demo`. */
export function directoryInCheckout(name: string): string {
  return join(dirname(import.meta.dirname), ".lab", name);
}

/** The instance that a person asked for. Throws a Problem where there is no such level or shape. */
export function requestedInstance({ name, level, shape }: UpRequest): Instance {
  const known = LEVELS.find((candidate) => candidate === level);
  const make = SHAPES.get(shape);
  if (known === undefined) throw new Problem(`There is no level ${level}: choose one of ${LEVELS.join(", ")}.`);
  if (make === undefined) throw new Problem(`There is no shape ${shape}: choose one of ${[...SHAPES.keys()].join(", ")}.`);
  return make(name, known);
}

/** What a person can do with a lab that stays up. */
export function renderUsage(lab: Lab, kubeconfig: string | undefined): string {
  const name = lab.instance.name === "demo" ? "" : ` --name ${lab.instance.name}`;
  const lines = [
    ...(kubeconfig === undefined
      ? []
      : [`${lab.binary("kubectl")} --kubeconfig ${kubeconfig} get nodes`, `npm run lab -- kubectl${name} get nodes`]),
    `npm run lab -- shell${name} ${lab.nodes[0]?.name ?? "control-plane"}`,
    `npm run lab -- logs${name}`,
    `npm run lab -- status`,
    `npm run lab -- down${name}`,
  ];
  return [`The lab ${lab.instance.name} is up: ${lab.hosts.map((host) => host.name).join(", ")}.`, ...lines].join("\n  ");
}

/** `lab up`: brings a lab up that stays when this process ends. */
export async function up(request: UpRequest): Promise<number> {
  const instance = requestedInstance(request);
  const lab = await startLab(instance, { progress: openProgress(), directory: directoryInCheckout(request.name) });
  await lab.keep();
  console.log(renderUsage(lab, instance.level === "hosts" ? undefined : linkKubeconfig(lab.directory)));
  return 0;
}
