import type { Prefix } from "../../lib/net/prefix.ts";
import { type Acceptance, givingRanges } from "./accept.ts";
import { keptPrefixes } from "./holding.ts";
import type { Belonging } from "./membership.ts";
import { isToLeave } from "./needs.ts";
import { isProgrammed } from "./node-progress.ts";
import { sameSettings, settingsOf } from "./node-settings.ts";
import { hadNetwork } from "./recovery-wait.ts";
import type { Network } from "./snapshot.ts";

/**
 * The nodes of one network that may change now, by name, so that no more of them are in the middle of a change than `rollout` allows. A node that is in the
 * middle of one may change again, lest a setting that it cannot take stay for ever; those that began are first, then those with other settings, then those
 * that only move. A node that never was programmed may always, and takes nobody's place; one
 * whose NodeNetwork was lost was programmed, as its Node says, and goes on as it was until its agent has said what it runs. One that is silent takes none either: what it was told stands, and anything
 * else waits until it is heard, when it counts like any other. So it holds up nobody, and however many come back at once, no more than allowed change then.
 */
export function nodesOnTurn(network: Network, belongings: readonly Belonging[], acceptance: Acceptance | undefined): Set<string> {
  const { paused } = network.object.spec.rollout;
  const most = mostUnavailable(network, belongings.length);
  const room = (taken: number) => Math.max(0, most - taken);
  const midway = belongings.filter(isMidway).length;
  const mayChange = (one: Belonging) => !isSilent(one) && wantsChange(one, acceptance);
  const wanting = paused ? [] : belongings.filter(mayChange).toSorted((a, b) => turn(a) - turn(b));
  const again = wanting.filter(isMidway);
  const waiting = wanting.filter((one) => !isMidway(one));
  const unborn = belongings.filter(
    ({ node, record }) => record?.object.status?.configGeneration === undefined && !hadNetwork(node),
  );
  const onTurn = [...again.slice(0, room(midway - again.length)), ...waiting.slice(0, room(midway)), ...unborn];
  return new Set(onTurn.map(({ node }) => node.name));
}

/** A node with a subnet that it does not use yet has begun. */
function turn({ holding, record, network }: Belonging): number {
  if (holding.spare.length > 0) return 0;
  return record !== undefined && sameSettings(record.object.spec, settingsOf(network)) ? 2 : 1;
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

/** Whether its kubelet fell silent, so that nobody knows whether it runs. One that never spoke is judged by its agent alone. */
export function isSilent({ node }: Belonging): boolean {
  return node.readiness === "Unknown";
}

function isMidway(one: Belonging): boolean {
  const { object } = one.record ?? {};
  if (object === undefined || isSilent(one)) return false;
  // After a restore its status is not there yet; what it was told is.
  if (object.status?.configGeneration === undefined) return hadNetwork(one.node) && isDraining(one);
  return isDraining(one) || (one.node.readiness !== "Never" && !isProgrammed(object));
}

/** Whether it was programmed before, and differs from what its network wants now: other settings, or a subnet of a range that it shall leave, and can. */
export function wantsChange({ record, holding, network }: Belonging, acceptance: Acceptance | undefined): boolean {
  if (record?.object.status?.configGeneration === undefined || network.issues.length > 0) return false;
  const hasOther = ({ family }: Prefix) => givingRanges(acceptance).some(({ prefix }) => prefix.family === family);
  const mustMove = keptPrefixes(holding).some((prefix) => isToLeave(acceptance, prefix) && hasOther(prefix));
  return mustMove || !sameSettings(record.object.spec, settingsOf(network));
}
