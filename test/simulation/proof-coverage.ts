import type { NodeNetwork, NodeSubnet, PodNetwork } from "../../crds/types.ts";
import type { KubeObject, Stored } from "../../lib/kube/resource.ts";
import type { Change, StoredRecord } from "./object-store.ts";
import { entryOf } from "./proof-invariants.ts";
import { nodeSubnets, type Truth } from "./truth.ts";
import type { Invariant, World } from "./world.ts";

/** What must have come about in many schedules; a zero says that they prove nothing of it. */
export const proofEvents = [
  "createConflict",
  "writeConflict",
  "writeAppliedReplyLost",
  "staleLedgerBeforeCreate",
  "closingAgainstPromote",
  "promotionRefused",
  "nodeRecreatedWhileHeld",
  "twoPrefixesOffered",
  "restore",
  "recoveryRaised",
  "recoveryEnded",
  "released",
  "drained",
  "grown",
  "returned",
  "lostClaimRepaired",
  "vanishedClaimBroughtBack",
  "loserAccepted",
  "acceptedAfterRemoval",
] as const;

/** Counts what is worth counting; never fails. */
export function proofCoverage(truth: Truth): Invariant {
  return (_view, change, world) => {
    if (truth.isWorldActing) return;
    const { plural } = change.kind.resource;
    if (plural === "nodesubnets") claimChanged(truth, world, change);
    else if (plural === "nodes" && change.before === undefined) nodeCame(world, change.key);
    else if (plural === "nodenetworks") recordChanged(world, change);
    else if (plural === "podnetworks") networkChanged(world, change);
  };
}

type Claim = Stored<NodeSubnet>;

function claimChanged(truth: Truth, world: World, { before, after }: Change): void {
  const [old, now] = [read<NodeSubnet>(before), read<NodeSubnet>(after)];
  const change = `${old?.spec.state ?? "none"} ${now?.spec.state ?? "none"}`;
  const { coverage } = world;
  if (now !== undefined && old === undefined) created(world, now);
  if (now !== undefined && change === "Pending Active") promoted(truth, world, now);
  if (old !== undefined && change === "Pending none") refused(world, old);
  if (change === "Draining Held") coverage.hit("drained");
  if (change === "Held Active") coverage.hit("returned");
}

function refused(world: World, claim: Claim): void {
  if (entryOf(world, claim)?.state !== "Open") world.coverage.hit("promotionRefused");
}

function promoted({ erased }: Truth, world: World, claim: Claim): void {
  const { cidr, node } = claim.spec;
  if (entryOf(world, claim)?.state !== "Open") world.coverage.hit("closingAgainstPromote");
  if (erased.get(cidr) === node) {
    world.coverage.hit("lostClaimRepaired");
    erased.delete(cidr);
  }
}

function created(world: World, claim: Claim): void {
  const { coverage, view } = world;
  const { spec, metadata } = claim;
  if (spec.state === "Held") return coverage.hit("vanishedClaimBroughtBack");
  if (entryOf(world, claim)?.state !== "Open") coverage.hit("staleLedgerBeforeCreate");
  const others = view
    .list(nodeSubnets)
    .filter((other) => other.spec.nodeUID === spec.nodeUID && other.metadata.uid !== metadata.uid);
  const isSameFamily = ({ spec: { cidr } }: Claim) => cidr.includes(":") === spec.cidr.includes(":");
  if (others.some((other) => other.spec.state === "Pending" && isSameFamily(other))) coverage.hit("twoPrefixesOffered");
}

function nodeCame({ view, coverage }: World, name: string): void {
  if (view.list(nodeSubnets).some(({ spec }) => spec.node === name && spec.state === "Held"))
    coverage.hit("nodeRecreatedWhileHeld");
}

function recordChanged({ coverage }: World, { before, after }: Change): void {
  const [old, now] = [read<NodeNetwork>(before), read<NodeNetwork>(after)];
  const active = (record: NodeNetwork | undefined) =>
    (record?.spec.subnets ?? []).filter(({ state, cidr }) => state === "Active" && !cidr.includes(":")).length;
  if (active(now) > Math.max(1, active(old)) && old !== undefined) coverage.hit("grown");
}

function networkChanged({ coverage }: World, { before, after }: Change): void {
  const [old, now] = [read<PodNetwork>(before), read<PodNetwork>(after)].map((network) =>
    network?.status?.conditions?.find(({ type }) => type === "Accepted"),
  );
  if (after === undefined) coverage.hit("networkGone");
  if (now?.status !== "True" || old?.status === "True") return;
  if (coverage.count("networkGone") > 0) coverage.hit("acceptedAfterRemoval");
  if (old?.status === "False" && old.reason === "OverlapsWith") coverage.hit("loserAccepted");
}

function read<T extends KubeObject>(record: StoredRecord | undefined): Stored<T> | undefined {
  const object: unknown = record?.object;
  return object as Stored<T> | undefined;
}
