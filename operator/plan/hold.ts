import type { Allocation } from "./allocate.ts";
import { ownRecord } from "./node-progress.ts";
import type { Claim, Snapshot } from "./snapshot.ts";

export interface HoldInput {
  readonly nowMs: number;
  /** Between two signs of life of an agent, in a small cluster. */
  readonly heartbeatSeconds: number;
}

/** A Held claim whose time is over, and why. */
export interface Expired {
  readonly claim: Claim;
  readonly because: string;
}

/** Which Held claims may go. */
export interface HoldPlan {
  readonly expired: readonly Expired[];
  /** When the next one's time may be over; undefined while none waits for time alone. */
  readonly againAfterMs: number | undefined;
}

/** How long a claim rests whose network is gone, and none of its name has come. */
const defaultHoldSeconds = 300;

/**
 * A Held claim may go when its hold is over and every agent has seen it Held, so that nobody takes its end for a loss. An agent that was not heard of for three
 * heartbeats is waited for until ten times the hold is over. One that its own node still has leases of stays.
 */
export function planHolds(snapshot: Snapshot, { members }: Allocation, input: HoldInput): HoldPlan {
  const { ledger, claims, networks } = snapshot;
  if (ledger === undefined || ledger.recovering) return { expired: [], againAfterMs: undefined };
  const returning = new Set(members.flatMap((member) => member.holding.returning));
  const holds = new Map(networks.flatMap(({ uid, name, object }) => [uid, name].map((key) => [key, object.spec.release.holdSeconds])));
  const seen = acknowledgements(snapshot, ledger.incarnation, input);
  const leased = leasedPrefixes(snapshot, input);
  const expired: Expired[] = [];
  const waits: number[] = [];
  for (const claim of claims) {
    const { state, heldAt, releaseSequence, incarnation, network, networkUID, cidr } = claim.object.spec;
    if (state !== "Held" || releaseSequence === undefined || incarnation !== ledger.incarnation) continue;
    if (returning.has(claim) || leased.has(cidr)) continue;
    const holdMs = (holds.get(networkUID) ?? holds.get(network) ?? defaultHoldSeconds) * 1000;
    const restsMs = input.nowMs - Date.parse(heldAt ?? "");
    const behind = seen.filter(({ sequence }) => sequence < releaseSequence);
    const silent = behind.filter(({ isSilent }) => isSilent);
    if (behind.length > silent.length) continue;
    const neededMs = silent.length > 0 ? 10 * holdMs : holdMs;
    if (restsMs < neededMs) waits.push(neededMs - restsMs);
    else expired.push({ claim, because: `its hold is over${unheard(silent.map(({ node }) => node))}` });
  }
  return { expired, againAfterMs: waits.length === 0 ? undefined : Math.min(...waits) };
}

/** Whether an agent was heard of lately: within three heartbeats, which are rarer in a large cluster. */
export function isHeard(observedAt: string | undefined, nodeCount: number, { nowMs, heartbeatSeconds }: HoldInput): boolean {
  const periodMs = Math.max(heartbeatSeconds, nodeCount / 20) * 1000;
  return nowMs - Date.parse(observedAt ?? "") <= 3 * 1.2 * periodMs;
}

interface Acknowledgement {
  readonly node: string;
  readonly sequence: number;
  readonly isSilent: boolean;
}

/** Of every node whose agent ever reported, what it has seen under this incarnation. */
function acknowledgements({ nodes, records }: Snapshot, incarnation: string, input: HoldInput): Acknowledgement[] {
  const known = new Map(records.map((record) => [record.node, record]));
  return nodes.flatMap((node) => {
    const { status } = ownRecord(node, known.get(node.name)) ?? {};
    if (status === undefined) return [];
    const { acknowledged, observedAt } = status;
    const sequence = acknowledged?.incarnation === incarnation ? acknowledged.sequence : -1;
    return [{ node: node.name, sequence, isSilent: !isHeard(observedAt, nodes.length, input) }];
  });
}

/** Subnets that an agent, heard of lately, has pods in. */
function leasedPrefixes({ records, nodes }: Snapshot, input: HoldInput): ReadonlySet<string> {
  const heard = records.filter(({ object }) => isHeard(object.status?.observedAt, nodes.length, input));
  const subnets = heard.flatMap(({ object }) => object.status?.subnets ?? []);
  return new Set(subnets.filter(({ leases }) => leases > 0).map(({ cidr }) => cidr));
}

function unheard(names: readonly string[]): string {
  if (names.length === 0) return "";
  const rest = names.length > 10 ? ` and ${names.length - 10} more` : "";
  return `; not heard of, and no longer waited for: ${names.slice(0, 10).join(", ")}${rest}`;
}
