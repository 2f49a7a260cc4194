import { renderFirst } from "../../lib/text/counts.ts";
import { compareText } from "../../lib/text/order.ts";
import { renderTime } from "../../crds/conditions.ts";
import { silenceMs } from "../../crds/heartbeat.ts";
import type { NodeNetworkSpec, NodeNetworkStatus } from "../../crds/types.ts";
import type { Allocation } from "./allocate.ts";
import { type HearingInput, isHeardOf, unheardMs } from "./hearing.ts";
import type { Member } from "./member.ts";
import { ownRecord } from "./node-progress.ts";
import { hadNetwork } from "./recovery-wait.ts";
import type { Claim, Ledger, Network, NodeFacts, NodeRecord, Snapshot } from "./snapshot.ts";

/** A Held claim whose time is over, and why. */
export interface Expired {
  readonly claim: Claim;
  readonly because: string;
}

/** A Held claim that has to wait. */
export interface Waiting {
  readonly claim: Claim;
  /** When its hold is over, as milliseconds since 1970; NaN where it does not say since when it rests. */
  readonly untilMs: number;
  /** What it waits for beyond that, e.g. `"not yet seen at rest by the agents of node-2"`; undefined where it is nothing but time. */
  readonly because: string | undefined;
}

/** Which Held claims may go, and what the others wait for. */
export interface HoldPlan {
  readonly expired: readonly Expired[];
  readonly waiting: readonly Waiting[];
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
export function planHolds(snapshot: Snapshot, { members }: Allocation, input: HearingInput): HoldPlan {
  const held = snapshot.claims.filter(({ object }) => object.spec.state === "Held");
  if (held.length === 0) return { expired: [], waiting: [], againAfterMs: undefined };
  const holdOf = holdTimes(snapshot.networks);
  const judge = restJudge(snapshot, members, holdOf, input);
  const expired: Expired[] = [];
  const waiting: Waiting[] = [];
  let againAfterMs: number | undefined;
  for (const claim of held) {
    const { isOver, because, leftMs } = judge(claim);
    if (leftMs !== undefined) againAfterMs = Math.min(leftMs, againAfterMs ?? leftMs);
    if (isOver) expired.push({ claim, because: because ?? "" });
    else waiting.push({ claim, because, untilMs: endOf(claim, holdOf) });
  }
  return { expired, waiting, againAfterMs };
}

type HoldTimes = ReturnType<typeof holdTimes>;

/** What becomes of a Held claim. */
interface Rest {
  readonly isOver: boolean;
  readonly because: string | undefined;
  /** Where it waits for time alone. */
  readonly leftMs?: number;
}

function restJudge(
  snapshot: Snapshot,
  members: readonly Member[],
  holdOf: HoldTimes,
  input: HearingInput,
): (claim: Claim) => Rest {
  const { ledger } = snapshot;
  if (ledger === undefined || ledger.recovering)
    return () => ({ isOver: false, because: "after a loss none goes before the agents have reported" });
  const barTo = bars(snapshot, members, ledger, input);
  const acknowledged = acknowledgements(snapshot, ledger.incarnation, input);
  const unseenBy = unseen(acknowledged);
  const awaitedFor = awaited(acknowledged);
  const doubtful = doubtfulNodes(snapshot, acknowledged);
  return (claim) => {
    const bar = barTo(claim);
    if (bar !== undefined) return { isOver: false, because: bar };
    const number = claim.object.spec.releaseSequence ?? 0;
    const others = unseenBy(number);
    if (others === "awaited") return { isOver: false, because: `not yet seen at rest by the agents of ${awaitedFor(number)}` };
    const own = doubtful(claim);
    const silent = own === undefined || others.names.includes(own) ? others : withNode(others, own);
    const restMs = holdOf(claim.object.spec) * (silent.count > 0 ? 10 : 1);
    const leftMs = restMs - heldMs(claim, input);
    if (!(leftMs > 0)) return { isOver: true, because: `its hold is over${unheard(silent)}` };
    return { isOver: false, leftMs, because: whyLonger(claim, restMs, silent, input) };
  };
}

/** What a claim that waits for time alone waits for after its own hold. */
function whyLonger({ object }: Claim, restMs: number, silent: Unseen, { nowMs }: HearingInput): string | undefined {
  const untilMs = Date.parse(object.spec.heldAt ?? "") + restMs;
  if (silent.count === 0) return nowMs < untilMs ? undefined : "its hold is counted from the start of the operator on";
  const until = nowMs < untilMs ? ` until ${renderTime(untilMs)}` : "";
  return `waits${until} for agents that are not heard of: ${namesOf(silent)}`;
}

/** Gives what keeps a claim from going whatever its time. */
function bars(
  snapshot: Snapshot,
  members: readonly Member[],
  ledger: Ledger,
  input: HearingInput,
): (claim: Claim) => string | undefined {
  const returning = new Set(members.flatMap((member) => member.holding.returning));
  const had = hadPrefixes(snapshot, input);
  const open = openNodes(snapshot);
  const seenBy = seenByLeft(snapshot, ledger.incarnation, input);
  return (claim) => {
    const { releaseSequence, incarnation, cidr, node, nodeUID } = claim.object.spec;
    if (returning.has(claim)) return `Node ${node} gets it back`;
    const keeper = had.get(cidr);
    if (keeper !== undefined) return `the agent of ${keeper} still has it`;
    if (open.has(nodeUID)) return `Node ${node} still says that its network is there`;
    if (releaseSequence === undefined || incarnation !== ledger.incarnation) return "its release has no number yet";
    const seen = seenBy.get(nodeUID);
    return seen !== undefined && seen < releaseSequence
      ? `not yet seen at rest by the agent of ${node}, whose Node is gone`
      : undefined;
  };
}

/**
 * UID of a Node that is gone, while its machine's agent is heard of → the newest release that agent has seen. What such an agent says that it has is not enough: a word of
 * it from before it had that can be written late, over a newer one.
 */
function seenByLeft({ nodes, records }: Snapshot, incarnation: string, input: HearingInput): ReadonlyMap<string, number> {
  const standing = new Set(nodes.map(({ uid }) => uid));
  const left = records.filter((record) => !standing.has(record.object.spec.nodeUID) && isHeardOf(record, nodes.length, input));
  return new Map(left.map(({ object: { spec, status } }) => [spec.nodeUID, newestSeen(status, incarnation)] as const));
}

/** Number of the newest release of this ledger that an agent has seen; -1 where it has seen none. */
function newestSeen(status: NodeNetworkStatus | undefined, incarnation: string): number {
  const { acknowledged } = status ?? {};
  return acknowledged?.incarnation === incarnation ? acknowledged.sequence : -1;
}

/** When the hold of a claim is over, as its object says. */
function endOf({ object }: Claim, holdOf: HoldTimes): number {
  return Date.parse(object.spec.heldAt ?? "") + holdOf(object.spec);
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
export function isLetGo(
  record: NodeRecord,
  { nodes, networks }: Pick<Snapshot, "nodes" | "networks">,
  input: HearingInput,
): boolean {
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

/** Gives the names of those who are heard of and have not seen the release of a number. */
function awaited(all: readonly Acknowledgement[]): (number: number) => string {
  const heard = all.filter(({ isSilent }) => !isSilent).toSorted((a, b) => compareText(a.node, b.node));
  const known = new Map<number, string>();
  return (number) => {
    const names = known.get(number) ?? renderFirst(heard.filter(({ sequence }) => sequence < number).map(({ node }) => node));
    known.set(number, names);
    return names;
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
function acknowledgements({ nodes, records }: Snapshot, incarnation: string, input: HearingInput): Acknowledgement[] {
  const known = new Map(records.map((record) => [record.node, record]));
  return nodes.flatMap((node) => {
    const record = known.get(node.name);
    const { status } = ownRecord(node, record) ?? (isSameMachine(node, record) ? record?.object : undefined) ?? {};
    if (record === undefined || status === undefined)
      return record !== undefined || hadNetwork(node) ? [{ node: node.name, sequence: -1, isSilent: true, subnets: [] }] : [];
    const sequence = newestSeen(status, incarnation);
    const subnets = (status.subnets ?? []).map(({ cidr }) => cidr);
    return [{ node: node.name, sequence, isSilent: !isHeardOf(record, nodes.length, input), subnets }];
  });
}

/** Whether the NodeNetwork was written for an earlier Node object of this very machine, which so is there, however silent its agent. */
function isSameMachine({ machineID }: NodeFacts, record: NodeRecord | undefined): boolean {
  return machineID !== undefined && record?.object.status?.machineID === machineID;
}

/** Subnets that an agent, heard of lately, says it has, and the first such node by name: it still routes to itself what somebody else would get. */
function hadPrefixes({ records, nodes }: Snapshot, input: HearingInput): ReadonlyMap<string, string> {
  const heard = records
    .filter((record) => isHeardOf(record, nodes.length, input))
    .toSorted((a, b) => compareText(b.node, a.node));
  return new Map(heard.flatMap(({ node, object }) => (object.status?.subnets ?? []).map(({ cidr }) => [cidr, node] as const)));
}

/**
 * Whether the machine of a node that is gone says nothing any more: what it once said that it has is no evidence then that a claim was lost. One that never gave a word
 * is waited for as long as its NodeNetwork is kept.
 */
export function isDeadSilent(record: NodeRecord, snapshot: Pick<Snapshot, "nodes" | "networks">, input: HearingInput): boolean {
  const { nodes } = snapshot;
  if (isHeardOf(record, nodes.length, input)) return false;
  if (nodes.some(({ name, uid }) => name === record.node && uid === record.object.spec.nodeUID)) return false;
  return record.object.status?.observedAt !== undefined || isLetGo(record, snapshot, input);
}

function heldMs(claim: Claim, { nowMs, sightings }: HearingInput): number {
  return sightings?.heldMs(claim) ?? nowMs - Date.parse(claim.object.spec.heldAt ?? "");
}

function unheard(silent: Unseen): string {
  return silent.count === 0 ? "" : `; not heard of, and no longer waited for: ${namesOf(silent)}`;
}

function namesOf({ count, names }: Unseen): string {
  return names.join(", ") + (count > names.length ? ` and ${count - names.length} more` : "");
}
