import type { World } from "../reconcile/kind.ts";
import { commandWorld } from "./command-world.ts";
import type { Exec } from "./exec.ts";
import { isDevice } from "./kinds/output.ts";
import { type PortItem, portKind } from "./kinds/port.ts";
import { type Stage, stageOf } from "./stage.ts";
import { isFromOutside } from "./system-error.ts";

/** Where pods' ports are, and how. */
export interface PortSettings {
  /** A link of ours. */
  readonly bridge: string;
  readonly hairpin: boolean;
}

/** The node's end of a pod's veth. */
export interface PodVeth {
  readonly name: string;
  /** Lower case. */
  readonly mac: string;
}

/** Puts pods' veths on the bridge, and tells of those that it could not move. */
export interface PortStage extends Stage {
  /** Whether another bridge is to stay, since pods are still on it, or it cannot be told that none is. */
  isNeeded(bridge: string): boolean;
}

/**
 * Puts pods' veths back on the bridge. Those that are there as wanted are taken as they are; only where one is not it is asked which are pods', so that a node at rest costs no look at what runtimes noted.
 * What is nobody's that is known, such as the veth of a pod that is just being made, is left as it is.
 */
export function portStage(settings: PortSettings, exec: Exec, podVeths = noVeths): PortStage {
  const world = commandWorld(portKind, exec);
  const wanted = ({ name, mac }: PortItem): PortItem => ({ name, mac, ...settings });
  const isRight = (port: PortItem) => portKind.differs(wanted(port), port) === undefined;
  const observe = async (): Promise<PortItem[]> => {
    // The kernel may tell of a link twice where others change while it lists them.
    const ports = [...new Map((await world.observe()).map((port) => [port.name, port])).values()];
    if (ports.every(isRight)) return ports;
    const pods = new Set((await podVeths()).map(({ name, mac }) => `${name} ${mac}`));
    return ports.filter((port) => isRight(port) || (isDevice(port.name) && pods.has(`${port.name} ${port.mac}`)));
  };
  const needed = new Set<string | undefined>();
  const apply: World<PortItem>["apply"] = async (steps) => {
    const errors = await world.apply(steps);
    const left = errors.length === 0 ? new Set<string>() : await namesOf(world);
    // One that vanished meanwhile went with its pod.
    const failed = left === undefined ? errors : errors.filter(({ key }) => left.has(key));
    for (const { key } of failed) needed.add(steps.find((step) => step.key === key)?.have?.bridge);
    return failed;
  };
  const stage = stageOf(portKind, (have) => have.map(wanted), { observe, apply });
  const isNeeded = (bridge: string) => bridge !== settings.bridge && (stage.outcome.unseen !== undefined || needed.has(bridge));
  return { ...stage, isNeeded };
}

const noVeths = (): Promise<readonly PodVeth[]> => Promise.resolve([]);

/** Undefined: it cannot be seen. */
async function namesOf(world: World<PortItem>): Promise<Set<string> | undefined> {
  try {
    return new Set((await world.observe()).map(({ name }) => name));
  } catch (error) {
    if (isFromOutside(error)) return undefined;
    throw error;
  }
}
