import { compareText } from "../../lib/text/order.ts";
import { renderTime } from "../../crds/conditions.ts";
import { apiVersion, nodeSubnetName } from "../../crds/names.ts";
import type { NodeNetwork, NodeNetworkStatusLost, NodeSubnet } from "../../crds/types.ts";
import { comparePrefixes, isPrefixProblem, type Prefix, parsePrefix, renderPrefix } from "../../lib/net/prefix.ts";
import type { Step } from "../../lib/reconcile/kind.ts";
import type { Allocation } from "./allocate.ts";
import { indexPrefixes } from "../../lib/net/prefix-index.ts";
import { nodeSubnetKind } from "./node-subnets.ts";
import { answeredQuestions } from "./questions.ts";
import type { Claim, Ledger, LedgerEntry, NodeFacts, NodeRecord, Snapshot } from "./snapshot.ts";
import { unsettledReports } from "./unclaimed.ts";
import { judgeMissing } from "./words.ts";

/** What seems to be done with. The views it is drawn from may be old: each one is proven before it is written. */
export interface ReleaseCandidates {
  /** Claims whose Node, by name and UID, is not to be seen: to be held. */
  readonly departed: readonly Claim[];
  /** Claims that their node has no use for: to be held. */
  readonly surplus: readonly Claim[];
  /** Claims that agents miss and nobody has: to be brought back, held. */
  readonly vanished: readonly Vanished[];
  /** Held claims without a number of this ledger. */
  readonly unnumbered: readonly Claim[];
  /** NodeNetworks whose Node, by name and UID, is not to be seen, and no claim of whose name is left: until then they tell what its machine has. */
  readonly records: readonly NodeRecord[];
  /** NodeNetworks that only asked, and have been answered. */
  readonly answered: readonly NodeRecord[];
}

/** A claim that went without having been Held. */
export interface Vanished {
  readonly prefix: Prefix;
  readonly node: string;
  readonly nodeUID: string;
  /** Where it lies. */
  readonly entry: LedgerEntry;
  readonly incarnation: string;
}

/**
 * Everything that seems to be left over. After a loss nothing is, until the agents have reported. `isDead`: the machine of a NodeNetwork is gone and silent, so
 * that a claim it once had and that is no more was released in good order.
 */
export function releaseCandidates(
  snapshot: Snapshot,
  { members }: Allocation,
  isDead: (record: NodeRecord) => boolean = () => false,
): ReleaseCandidates {
  const { nodes, claims, records, ledger } = snapshot;
  const uids = new Map(nodes.map((node) => [node.name, node.uid]));
  const isSettled = ledger !== undefined && !ledger.recovering;
  const owners = new Set(claims.map(({ object }) => object.spec.node));
  return {
    departed: claims.filter((claim) => isServing(claim) && uids.get(claim.object.spec.node) !== claim.object.spec.nodeUID),
    surplus: isSettled ? members.flatMap((member) => member.surplus.filter(isServing)) : [],
    vanished: isSettled
      ? vanished(
          snapshot,
          members.flatMap((member) => member.lost),
          isDead,
        )
      : [],
    unnumbered: isSettled ? claims.filter(({ object }) => isUnnumbered(object, ledger.incarnation)) : [],
    answered: isSettled ? answeredQuestions(snapshot) : [],
    records: records.filter(({ node, object }) => uids.get(node) !== object.spec.nodeUID && !owners.has(node)),
  };
}

/**
 * Whether the owner is gone. `now` is the Node as the API server just gave it, undefined for its 404.
 * Only absence counts, or another Node in its place: one that is being deleted still runs its pods.
 */
export function isOwnerGone(nodeUID: string, now: { readonly metadata: { readonly uid: string } } | undefined): boolean {
  return now?.metadata.uid !== nodeUID;
}

/**
 * Whether a node is done with a claim. `now` is its NodeNetwork as the API server just gave it: it no longer names the claim, and its agent has programmed
 * just that, and says that it does not have the subnet.
 */
export function isDoneWith({ spec: claim }: NodeSubnet, now: NodeNetwork | undefined): boolean {
  const { spec, status } = now ?? {};
  if (spec?.nodeUID !== claim.nodeUID || status?.nodeUID !== claim.nodeUID) return false;
  const isNamed = spec.subnets.some(({ cidr }) => cidr === claim.cidr);
  const isKept = status.subnets?.some(({ cidr }) => cidr === claim.cidr) ?? true;
  return !isNamed && !isKept && status.configGeneration === spec.configGeneration;
}

/** The step that brings a vanished claim back, Held, so that it goes the way of all claims. */
export function vanishedClaim({ prefix, node, nodeUID, entry, incarnation }: Vanished, nowMs: number): Step<NodeSubnet> {
  const cidr = renderPrefix(prefix);
  const { network, networkUID, epoch } = entry;
  const spec: NodeSubnet["spec"] = {
    network,
    networkUID,
    node,
    nodeUID,
    cidr,
    state: "Held",
    heldAt: renderTime(nowMs),
    incarnation,
    epoch,
  };
  const want: NodeSubnet = { apiVersion, kind: "NodeSubnet", metadata: { name: nodeSubnetName(cidr) }, spec };
  return {
    op: "add",
    kind: nodeSubnetKind.name,
    key: want.metadata.name,
    because: "it vanished while agents still route to it",
    want,
  };
}

/** The step that gives a Held claim its number: the ledger's newest, which was taken after the claim was seen Held. */
export function numbered({ object: have }: Claim, { incarnation, object }: Ledger): Step<NodeSubnet> {
  const { releaseSequence } = object.spec;
  const want = { ...have, spec: { ...have.spec, incarnation, releaseSequence } };
  const because = `it is release ${releaseSequence}`;
  return { op: "change", kind: nodeSubnetKind.name, key: have.metadata.name, because, want, have };
}

/** Whether agents use the claim in full. */
export function isServing({ object }: Claim): boolean {
  return object.spec.state === "Active" || object.spec.state === "Draining";
}

function isUnnumbered({ spec }: NodeSubnet, incarnation: string): boolean {
  return spec.state === "Held" && (spec.releaseSequence === undefined || spec.incarnation !== incarnation);
}

/**
 * What agents say is lost, or that they have, or what a NodeNetwork told that goes over to another Node, each once, where no claim stands for it, no node gets it again, and a range in use contains it. One that two nodes say they have is
 * left to people; one that a node says it has while another one is to be asked, to that. Of several owners that are named, the first by name and UID counts.
 */
function vanished(snapshot: Snapshot, getAgain: readonly Prefix[], isDead: (record: NodeRecord) => boolean): Vanished[] {
  const { ledger, claims, records, nodes } = snapshot;
  const judge = judgeMissing(snapshot);
  const standing = new Map(nodes.map((node) => [node.name, node]));
  const own = records.flatMap((record) => {
    const reports = [...ownReports(record), ...unansweredOf(record, standing.get(record.node))];
    return reports.length === 0 || isDead(record) ? [] : reports;
  });
  const missed = records.flatMap(({ object }) => object.status?.lost ?? []).filter((word) => judge(word) === "Counts");
  const reports = [...missed, ...own];
  if (reports.length === 0) return [];
  const incarnation = ledger?.incarnation ?? "";
  const index = indexPrefixes(ledger?.entries ?? []);
  const known = new Set([...claims.map(({ prefix }) => prefix), ...getAgain].map(renderPrefix));
  const having = Map.groupBy(
    records.flatMap(({ object }) => object.status?.subnets ?? []),
    ({ cidr }) => cidr,
  );
  const unsettled = unsettledReports(snapshot);
  const missing = reports.filter(({ cidr }) => !known.has(cidr) && !unsettled.has(cidr) && (having.get(cidr) ?? []).length < 2);
  const first = new Map(missing.toSorted((a, b) => compareText(ownerOf(b), ownerOf(a))).map((report) => [report.cidr, report]));
  const found = Array.from(first.values(), ({ cidr, node, nodeUID }): Vanished | undefined => {
    const prefix = parsePrefix(cidr);
    const entry = isPrefixProblem(prefix) ? undefined : index.around(prefix);
    if (isPrefixProblem(prefix) || entry?.subnetLength !== prefix.length) return undefined;
    return { prefix, node, nodeUID, entry, incarnation };
  });
  return found.filter((one) => one !== undefined).toSorted((a, b) => comparePrefixes(a.prefix, b.prefix));
}

/** What an agent itself has, as losses of its own node. */
function ownReports({ node, object: { spec, status } }: NodeRecord): NodeNetworkStatusLost[] {
  if (status?.nodeUID !== spec.nodeUID) return [];
  return (status.subnets ?? []).map(({ cidr }) => ({ cidr, node, nodeUID: spec.nodeUID }));
}

/**
 * What an earlier Node of a node's name was told and has not answered, as losses of its own: its machine may have done that all the same. Only where another Node came in its
 * place, since the NodeNetwork, which is about to go over to that one, keeps it as long as it is there.
 */
function unansweredOf({ node, object: { spec, status } }: NodeRecord, now: NodeFacts | undefined): NodeNetworkStatusLost[] {
  const isAnswered = status?.nodeUID === spec.nodeUID && status.configGeneration === spec.configGeneration;
  if (isAnswered || now === undefined || now.uid === spec.nodeUID) return [];
  return spec.subnets.map(({ cidr }) => ({ cidr, node, nodeUID: spec.nodeUID }));
}

function ownerOf({ node, nodeUID }: Pick<Vanished, "node" | "nodeUID">): string {
  return `${node} ${nodeUID}`;
}
