import { type Listening, silenceMs } from "../../crds/heartbeat.ts";
import type { NodeNetworkSpec } from "../../crds/types.ts";
import type { Allocation } from "./allocate.ts";
import { ownRecord } from "./node-progress.ts";
import { hadNetwork } from "./recovery-wait.ts";
import { compareText } from "./select.ts";
import type { Sightings } from "./sightings.ts";
import type { Claim, Network, NodeFacts, NodeRecord, Snapshot } from "./snapshot.ts";

/** Now, and how often agents give signs of life. */
export interface HoldInput extends Listening {
  /** How long things stand; undefined: as the times in the objects say. */
  readonly sightings?: Sightings;
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
 * heartbeats is waited for until ten times the hold is over, and so is one that may still have the subnet. One stays that an agent which is heard of still has, be it without pods, and one whose Node still
 * says that its network is there: where nothing else is left, that is what a loss looks like.
 */
export function planHolds(snapshot: Snapshot, { members }: Allocation, input: HoldInput): HoldPlan {
  const { ledger, claims } = snapshot;
  if (ledger === undefined || ledger.recovering) return { expired: [], againAfterMs: undefined };
  const returning = new Set(members.flatMap((member) => member.holding.returning));
  const had = hadPrefixes(snapshot, input);
  const open = openNodes(snapshot);
  const resting = claims.filter((claim) => {
    const { state, releaseSequence, incarnation, cidr, nodeUID } = claim.object.spec;
    const isNumbered = state === "Held" && releaseSequence !== undefined && incarnation === ledger.incarnation;
    return isNumbered && !returning.has(claim) && !had.has(cidr) && !open.has(nodeUID);
  });
  if (resting.length === 0) return { expired: [], againAfterMs: undefined };
  const holdOf = holdTimes(snapshot.networks);
  const acknowledged = acknowledgements(snapshot, ledger.incarnation, input);
  const unseenBy = unseen(acknowledged);
  const doubtful = doubtfulNodes(snapshot, acknowledged);
  const expired: Expired[] = [];
  let againAfterMs: number | undefined;
  for (const claim of resting) {
    const others = unseenBy(claim.object.spec.releaseSequence ?? 0);
    if (others === "awaited") continue;
    const own = doubtful(claim);
    const silent = own === undefined || others.names.includes(own) ? others : withNode(others, own);
    const leftMs = holdOf(claim.object.spec) * (silent.count > 0 ? 10 : 1) - heldMs(claim, input);
    if (leftMs > 0) againAfterMs = Math.min(leftMs, againAfterMs ?? leftMs);
    else expired.push({ claim, because: `its hold is over${unheard(silent)}` });
  }
  return { expired, againAfterMs };
}

/**
 * Gives the node that may still have a claim's subnet though it does not say so: a silent one that said last that it has it, or the claim's node without a
 * NodeNetwork, be the Node there or gone: a NodeNetwork stays until the last claim of its node is gone, so that one was lost.
 */
function doubtfulNodes(
  { nodes, records }: Snapshot,
  acknowledged: readonly Acknowledgement[],
): (claim: Claim) => string | undefined {
  const told = new Set(records.map(({ node }) => node));
  const counted = new Set(nodes.filter(hadNetwork).map(({ name }) => name));
  const silent = acknowledged.filter(({ isSilent }) => isSilent);
  const keepers = new Map(silent.flatMap(({ node, subnets }) => subnets.map((cidr) => [cidr, node])));
  return ({ object: { spec } }) =>
    keepers.get(spec.cidr) ?? (told.has(spec.node) || counted.has(spec.node) ? undefined : spec.node);
}

function withNode({ count, names }: Unseen, node: string): Unseen {
  return { count: count + 1, names: [node, ...names] };
}

/** UIDs of Nodes that say that their network is there, though all that is left of it rests. */
function openNodes({ nodes, claims }: Snapshot): ReadonlySet<string> {
  const serving = new Set(claims.filter(({ object }) => object.spec.state !== "Held").map(({ object }) => object.spec.nodeUID));
  return new Set(nodes.filter((node) => !serving.has(node.uid) && hadNetwork(node)).map(({ uid }) => uid));
}

/**
 * Whether the NodeNetwork of a node that is gone tells of nothing that its machine may still have: its agent has nothing, or is silent for longer than a hold.
 * One that never gave a word may have done all the same what it was told, and may be about to say so.
 */
export function isLetGo(record: NodeRecord, { nodes, networks }: Snapshot, input: HoldInput): boolean {
  const { spec, status, metadata } = record.object;
  if (status?.nodeUID === spec.nodeUID && status.subnets?.length === 0) return true;
  const toldMs = () => input.sightings?.unheardMs(record) ?? input.nowMs - Date.parse(metadata.creationTimestamp);
  const silentMs = status?.observedAt === undefined ? toldMs() : unheardMs(record, input);
  return silentMs > Math.max(holdTimes(networks)(spec), silenceMs(input.heartbeatSeconds, nodes.length));
}

/** Gives a claim's time of rest in milliseconds: as its network says, or one of the same name that came after it. */
function holdTimes(networks: readonly Network[]): (owner: Pick<NodeNetworkSpec, "network" | "networkUID">) => number {
  const seconds = new Map(networks.map(({ uid, object }) => [uid, object.spec.release.holdSeconds]));
  const byName = new Map(networks.map(({ name, object }) => [name, object.spec.release.holdSeconds]));
  return ({ network = "", networkUID = "" }) => (seconds.get(networkUID) ?? byName.get(network) ?? defaultHoldSeconds) * 1000;
}

/** Silent nodes that have not seen a release: how many, and the first names of them. */
interface Unseen {
  readonly count: number;
  readonly names: readonly string[];
}

/** Gives who has not seen the release of a number; `awaited` while one of them is not silent. */
function unseen(all: readonly Acknowledgement[]): (number: number) => Unseen | "awaited" {
  const least = all.filter(({ isSilent }) => !isSilent).reduce((least, { sequence }) => Math.min(least, sequence), Infinity);
  const silent = all
    .filter(({ isSilent }) => isSilent)
    .toSorted((a, b) => a.sequence - b.sequence || compareText(a.node, b.node));
  const known = new Map<number, Unseen>();
  return (number) => {
    if (least < number) return "awaited";
    const behind = known.get(number) ?? behindOf(silent, number);
    known.set(number, behind);
    return behind;
  };
}

function behindOf(silent: readonly Acknowledgement[], number: number): Unseen {
  const behind = silent.filter(({ sequence }) => sequence < number);
  return { count: behind.length, names: behind.slice(0, 10).map(({ node }) => node) };
}

interface Acknowledgement {
  readonly node: string;
  readonly sequence: number;
  readonly isSilent: boolean;
  /** What it says it has. */
  readonly subnets: readonly string[];
}

/**
 * What the agent of every node has seen under this incarnation. Silent are also: a node that had a network and whose NodeNetwork is lost, and one that was told
 * but never reported, since it may have programmed what it was told. A node that was told nothing does not count.
 */
function acknowledgements({ nodes, records }: Snapshot, incarnation: string, input: HoldInput): Acknowledgement[] {
  const known = new Map(records.map((record) => [record.node, record]));
  return nodes.flatMap((node) => {
    const record = known.get(node.name);
    const { status } = ownRecord(node, record) ?? (isSameMachine(node, record) ? record?.object : undefined) ?? {};
    if (record === undefined || status === undefined)
      return record !== undefined || hadNetwork(node) ? [{ node: node.name, sequence: -1, isSilent: true, subnets: [] }] : [];
    const { acknowledged } = status;
    const sequence = acknowledged?.incarnation === incarnation ? acknowledged.sequence : -1;
    const subnets = (status.subnets ?? []).map(({ cidr }) => cidr);
    return [{ node: node.name, sequence, isSilent: !isHeardOf(record, nodes.length, input), subnets }];
  });
}

/** Whether the NodeNetwork was written for an earlier Node object of this very machine, which so is there, however silent its agent. */
function isSameMachine({ machineID }: NodeFacts, record: NodeRecord | undefined): boolean {
  return machineID !== undefined && record?.object.status?.machineID === machineID;
}

/** Subnets that an agent, heard of lately, says it has: it still routes to itself what somebody else would get. */
function hadPrefixes({ records, nodes }: Snapshot, input: HoldInput): ReadonlySet<string> {
  const heard = records.filter((record) => isHeardOf(record, nodes.length, input));
  return new Set(heard.flatMap(({ object }) => object.status?.subnets ?? []).map(({ cidr }) => cidr));
}

/** Whether the machine of a node that is gone says nothing any more: what it once said that it has is no evidence then that a claim was lost. */
export function isDeadSilent(record: NodeRecord, { nodes }: Pick<Snapshot, "nodes">, input: HoldInput): boolean {
  if (isHeardOf(record, nodes.length, input)) return false;
  return !nodes.some(({ name, uid }) => name === record.node && uid === record.object.spec.nodeUID);
}

function isHeardOf(record: NodeRecord, nodes: number, input: HoldInput): boolean {
  return unheardMs(record, input) <= silenceMs(input.heartbeatSeconds, nodes);
}

/** Since the agent's last word; infinite where it never gave one. */
function unheardMs(record: NodeRecord, { nowMs, sightings }: HoldInput): number {
  const { status } = record.object;
  if (status?.observedAt === undefined) return Number.POSITIVE_INFINITY;
  return sightings?.unheardMs(record) ?? nowMs - Date.parse(status.observedAt);
}

function heldMs(claim: Claim, { nowMs, sightings }: HoldInput): number {
  return sightings?.heldMs(claim) ?? nowMs - Date.parse(claim.object.spec.heldAt ?? "");
}

function unheard({ count, names }: Unseen): string {
  if (count === 0) return "";
  const rest = count > names.length ? ` and ${count - names.length} more` : "";
  return `; not heard of, and no longer waited for: ${names.join(", ")}${rest}`;
}
