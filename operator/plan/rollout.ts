import { type Acceptance, rangeOf } from "./accept.ts";
import type { Belonging } from "./membership.ts";
import { isProgrammed } from "./node-progress.ts";
import { sameSettings, settingsOf } from "./node-settings.ts";
import type { Network } from "./snapshot.ts";

/**
 * The nodes of one network that may change now, by name: those in the middle of a change, and as many more as `rollout` allows, in the order of the list.
 * A node that never was programmed may always, and takes nobody's place; nor does one that is silent.
 */
export function nodesOnTurn(network: Network, belongings: readonly Belonging[], acceptance: Acceptance | undefined): Set<string> {
  const { paused } = network.object.spec.rollout;
  const midway = belongings.filter(isMidway);
  const waiting = paused ? [] : belongings.filter((one) => !isMidway(one) && wantsChange(one, acceptance));
  const room = Math.max(0, mostUnavailable(network, belongings.length) - midway.length);
  const unborn = belongings.filter(({ record }) => record?.object.status?.configGeneration === undefined);
  return new Set([...midway, ...unborn, ...waiting.slice(0, room)].map(({ node }) => node.name));
}

/** How many nodes may be in the middle of a change: a share is rounded up, one at least. */
export function mostUnavailable({ object }: Network, nodes: number): number {
  const { maxUnavailableNodes } = object.spec.rollout;
  const share = /^(\d+)%$/.exec(String(maxUnavailableNodes))?.[1];
  return Math.max(1, share === undefined ? Number(maxUnavailableNodes) : Math.ceil((Number(share) * nodes) / 100));
}

/** Whether a subnet of it is being drained. */
export function isDraining({ record }: Belonging): boolean {
  return record?.object.spec.subnets.some(({ state }) => state === "Draining") ?? false;
}

function isMidway(one: Belonging): boolean {
  const { object } = one.record ?? {};
  if (object?.status?.configGeneration === undefined) return false;
  const isSilent = one.node.readiness === "Unknown" || one.node.readiness === "Never";
  return isDraining(one) || (!isSilent && !isProgrammed(object));
}

function wantsChange({ record, holding, network }: Belonging, acceptance: Acceptance | undefined): boolean {
  if (record?.object.status?.configGeneration === undefined || network.issues.length > 0) return false;
  const mustMove = holding.kept.some(({ prefix }) => rangeOf(acceptance, prefix)?.draining !== false);
  return mustMove || !sameSettings(record.object.spec, settingsOf(network));
}
