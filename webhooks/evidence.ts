import { isDeepStrictEqual } from "node:util";
import { nodeNetworkResource, nodeSubnetResource, podNetworkResource, rangeLedgerResource } from "../crds/names.ts";
import { readableNetwork } from "../crds/read-spec.ts";
import type { CheckResult } from "../lib/daemon/health.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import { type Node, nodes, serviceCIDRs } from "../lib/kube/builtin.ts";
import { createInformer, type Informer, type InformerProblem } from "../lib/kube/informer.ts";
import type { KubeObject, Resource, Stored } from "../lib/kube/resource.ts";
import { listServiceRanges } from "../lib/kube/service-ranges.ts";
import type { Prefix } from "../lib/net/prefix.ts";
import { indexPrefixes, type PrefixIndex } from "../lib/net/prefix-index.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork } from "../crds/types.ts";
import { ownedRanges, type OwnedRanges } from "../crds/validate.ts";
import { type Evidence, type EvidenceName, nothingAsked, type Reading } from "./plan/evidence.ts";
import { claimPrefix } from "./plan/use.ts";
import { type Neighbour, type Neighbours, nodeNeighbours, routeNeighbours, type Surrounding } from "./plan/surroundings.ts";
import { createServiceCopy } from "./service-copy.ts";
import { sortEvidence } from "./sort-evidence.ts";

/** Where each part of the evidence that consists of objects comes from, and what of these is kept at hand. */
const sources: {
  readonly [K in EvidenceName as Evidence[K] extends Reading<KubeObject> ? K : never]: Source<ItemOf<Evidence[K]>>;
} = {
  networks: { resource: podNetworkResource, project: readableCopy },
  claims: { resource: nodeSubnetResource },
  records: { resource: nodeNetworkResource, project: onlyRoutes },
  ledgers: { resource: rangeLedgerResource },
  nodes: { resource: nodes, project: onlyAddresses },
};

type ItemOf<R> = R extends { readonly items: readonly (infer T extends KubeObject)[] } ? T : never;

interface Source<T extends KubeObject> {
  readonly resource: Resource<T>;
  /** What of an object a judgement by a copy looks at. */
  readonly project?: (object: Stored<T>) => Stored<T>;
}

/** Another version of the schema may have taken a network that is not as this one wants it; it is beside the others all the same, and must not stop their reviews. */
function readableCopy(network: Stored<PodNetwork>): Stored<PodNetwork> {
  const { managedFields: _managedFields, ...metadata }: Stored<PodNetwork>["metadata"] & { readonly managedFields?: unknown } =
    network.metadata;
  return readableNetwork({ ...network, metadata });
}

/** Agents write the rest of a status all day; what turns on that is asked anew. */
function onlyRoutes({ status, ...object }: Stored<NodeNetwork>): Stored<NodeNetwork> {
  const { hostRoutes } = status ?? {};
  return { ...object, status: hostRoutes === undefined ? {} : { hostRoutes } };
}

function onlyAddresses({ metadata, spec = {}, status }: Stored<Node>): Stored<Node> {
  const { podCIDR, podCIDRs } = spec;
  return {
    metadata,
    spec: { ...(podCIDR !== undefined && { podCIDR }), ...(podCIDRs !== undefined && { podCIDRs }) },
    status: { addresses: status?.addresses ?? [] },
  };
}

export interface EvidenceOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  readonly onProblem: (resource: string, problem: InformerProblem) => void;
  /** A list that a review needed and could not get, e.g. of `"nodesubnets"`. */
  readonly onUnread: (resource: string) => void;
}

/** What reviews are judged by, from local copies or anew. */
export interface EvidenceReader {
  /** Keeps the copies up to date until the signal fires; never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** What the copies hold of these parts; undefined where one is not known in full, or was not heard of for long. */
  atHand(names: ReadonlySet<EvidenceName>): Evidence | undefined;
  /** These parts as the API server holds them now, as far as it says; all lists together take no longer than `liveTimeoutMs`. */
  live(names: ReadonlySet<EvidenceName>): Promise<Evidence>;
  /** Resource → whether its copy is known in full. */
  readonly checks: Readonly<Record<string, () => CheckResult>>;
  /** Seconds since the API server was last heard, of the kind that waits longest. */
  staleSeconds(): number;
}

/**
 * For all that a review reads anew, together; below the API server's own deadline for us, so that it hears a reason and not silence. What 5,000 nodes report
 * takes one to three seconds on a busy machine.
 */
const liveTimeoutMs = 6_000;

/** Few round trips for thousands of small objects. */
const pageSize = 2_500;

/** A list as a safety net against anything a watch may have missed. */
const relistSeconds = 900;

/** A bookmark comes every minute; a copy that heard nothing for so long is of the past. */
const mostStaleSeconds = 120;

/** A reader; its copies are empty before `run`. */
export function createEvidenceReader(options: EvidenceOptions): EvidenceReader {
  const copies = createCopies(options);
  const isCurrent = ({ of }: Copy) => of.synced && of.staleSeconds() < mostStaleSeconds;
  return {
    async run(signal) {
      await Promise.all(copies.map((copy) => copy.of.run(signal)));
    },
    atHand(names) {
      const needed = copies.filter(({ name }) => names.has(name));
      if (needed.length < names.size || !needed.every(isCurrent)) return undefined;
      const ranges = needed.find((copy) => copy.ranges !== undefined)?.ranges?.();
      const neighbours = Object.fromEntries(needed.flatMap(({ neighbours: sorted }) => (sorted === undefined ? [] : [sorted()])));
      const prefixOf = needed.find((copy) => copy.prefixOf !== undefined)?.prefixOf;
      return { ...evidenceOf(needed.map(({ name, of }) => [name, { items: of.list() }])), ranges, neighbours, prefixOf };
    },
    async live(names) {
      const signal = AbortSignal.timeout(liveTimeoutMs);
      const read = await Promise.all([...names].map(async (name) => [name, await readAnew(options, name, signal)] as const));
      return sortEvidence(evidenceOf(read));
    },
    checks: Object.fromEntries(
      copies.map(({ resource, of }) => [
        `${resource} known`,
        () => (of.synced ? { ok: true } : { ok: false, reason: "the API server has not listed them yet; the log says why" }),
      ]),
    ),
    staleSeconds: () => Math.max(...copies.map(({ of }) => of.staleSeconds())),
  };
}

/** A part of the evidence that is kept at hand. */
interface Copy<T = unknown> {
  readonly name: EvidenceName;
  readonly resource: string;
  readonly of: {
    run(signal: AbortSignal): Promise<void>;
    list(): readonly T[];
    readonly synced: boolean;
    staleSeconds(): number;
  };
  /** Of networks only. */
  readonly ranges?: () => OwnedRanges;
  /** Of what has addresses that ranges may meet. */
  readonly neighbours?: () => readonly [Surrounding, Neighbours];
  /** Of claims only. */
  readonly prefixOf?: (claim: NodeSubnet) => Prefix | undefined;
}

function createCopies(options: EvidenceOptions): Copy[] {
  const { client, clock, onProblem } = options;
  const { networks, claims, records, ledgers, nodes } = sources;
  const services = createServiceCopy({ client, clock, onProblem: (problem) => onProblem(serviceCIDRs.kind, problem) });
  return [
    networksCopy(options, networks),
    claimsCopy(options, claims),
    neighboursCopy(options, "records", records, "hostRoutes", routeNeighbours),
    copyOf(options, "ledgers", ledgers),
    neighboursCopy(options, "nodes", nodes, "nodes", nodeNeighbours),
    { name: "services", resource: serviceCIDRs.plural, of: services },
  ];
}

/** Of networks, with all their ranges. */
function networksCopy(options: EvidenceOptions, source: Source<PodNetwork>): Copy {
  const { copy, sorted } = sortedCopy(options, "networks", source, ownedRanges);
  return { ...copy, ranges: sorted };
}

/** Of what has addresses that ranges may meet, with these. */
function neighboursCopy<T extends KubeObject>(
  options: EvidenceOptions,
  name: EvidenceName,
  source: Source<T>,
  surrounding: Surrounding,
  of: (object: Stored<T>) => Neighbour[],
): Copy {
  const { copy, sorted } = sortedCopy(options, name, source, of);
  return { ...copy, neighbours: () => [surrounding, sorted()] };
}

/** Of claims, each parsed once. */
function claimsCopy(options: EvidenceOptions, source: Source<NodeSubnet>): Copy {
  const parsed = new WeakMap<NodeSubnet, Prefix | undefined>();
  const prefixOf = (claim: NodeSubnet) => {
    if (!parsed.has(claim)) parsed.set(claim, claimPrefix(claim));
    return parsed.get(claim);
  };
  return { ...copyOf(options, "claims", source), prefixOf };
}

/**
 * One that sorts what of its objects has a prefix once, and anew when some of that changed: statuses are written all day, by thousands of nodes, and prefixes
 * change hardly ever. What of an object that is, is read once for each change of it.
 */
function sortedCopy<T extends KubeObject, Part extends { readonly prefix: Prefix }>(
  options: EvidenceOptions,
  name: EvidenceName,
  source: Source<T>,
  of: (object: Stored<T>) => Part[],
): { readonly copy: Copy<T>; readonly sorted: () => PrefixIndex<Part> } {
  const known = new Map<string, readonly Part[]>();
  let sorted: PrefixIndex<Part> | undefined;
  const copy = copyOf(options, name, source, (key) => {
    const object = copy.of.get(key);
    const now = object === undefined ? [] : of(object);
    if (isDeepStrictEqual(known.get(key) ?? [], now)) return;
    if (now.length === 0) known.delete(key);
    else known.set(key, now);
    sorted = undefined;
  });
  return { copy, sorted: () => (sorted ??= indexPrefixes([...known.values()].flat())) };
}

function copyOf<T extends KubeObject>(
  { client, clock, random, onProblem }: EvidenceOptions,
  name: EvidenceName,
  { resource, project }: Source<T>,
  onChange: (key: string) => void = () => {},
): Copy<T> & { readonly of: Informer<T> } {
  const follow = { client, resource, clock, random, relistSeconds, relistInDoubt: true, onChange };
  const report = (problem: InformerProblem) => onProblem(resource.kind, problem);
  const informer = createInformer<T>({ ...follow, onProblem: report, ...(project !== undefined && { project }) });
  return { name, resource: resource.plural, of: informer };
}

/** A review goes on without what cannot be read, and says so. */
async function readAnew(
  { client, onUnread }: EvidenceOptions,
  name: EvidenceName,
  signal: AbortSignal,
): Promise<Reading<unknown>> {
  const resource = name === "services" ? serviceCIDRs.plural : sources[name].resource.plural;
  try {
    const limits = { signal, timeoutMs: liveTimeoutMs, pageSize };
    if (name === "services") return { items: await listServiceRanges(client, limits) };
    if (name === "networks") {
      const { items } = await client.listAll<PodNetwork>(podNetworkResource, limits);
      return { items: items.map((network) => readableNetwork(network)) };
    }
    const { items } = await client.listAll<KubeObject>(sources[name].resource, limits);
    return { items };
  } catch (error) {
    onUnread(resource);
    return { problem: `${resource}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** What was read under its names; nothing was asked of the others. */
function evidenceOf(read: readonly (readonly [EvidenceName, Reading<unknown>])[]): Evidence {
  return { ...nothingAsked, ...Object.fromEntries<unknown>(read) };
}
