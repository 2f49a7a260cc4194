import { nodeNetworkResource, nodeSubnetResource, podNetworkResource, rangeLedgerResource } from "../crds/names.ts";
import type { CheckResult } from "../lib/daemon/health.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import { createInformer, type Informer, type InformerProblem } from "../lib/kube/informer.ts";
import type { KubeObject, Resource } from "../lib/kube/resource.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { type Evidence, type EvidenceName, notAsked, type Reading } from "./plan/evidence.ts";

type ItemOf<R> = R extends { readonly items: readonly (infer T)[] } ? T : never;

interface Source<T extends KubeObject> {
  readonly resource: Resource<T>;
  /** Whether a copy of it is kept at hand. Not of what only those questions turn on that have to be asked anew: each change of it would be work for nothing. */
  readonly isIndexed: boolean;
}

/** Where each part of the evidence comes from. */
const sources: { readonly [K in EvidenceName]: Source<ItemOf<Evidence[K]>> } = {
  networks: { resource: podNetworkResource, isIndexed: true },
  claims: { resource: nodeSubnetResource, isIndexed: true },
  records: { resource: nodeNetworkResource, isIndexed: false },
  ledgers: { resource: rangeLedgerResource, isIndexed: true },
};

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
  const isCurrent = ({ informer }: Copy) => informer.synced && informer.staleSeconds() < mostStaleSeconds;
  return {
    async run(signal) {
      await Promise.all(copies.map(({ informer }) => informer.run(signal)));
    },
    atHand(names) {
      const needed = copies.filter(({ name }) => names.has(name));
      if (needed.length < names.size || !needed.every(isCurrent)) return undefined;
      return evidenceOf(needed.map(({ name, informer }) => [name, { items: informer.list() }]));
    },
    async live(names) {
      const signal = AbortSignal.timeout(liveTimeoutMs);
      return evidenceOf(
        await Promise.all([...names].map(async (name) => [name, await readAnew(options, name, signal)] as const)),
      );
    },
    checks: Object.fromEntries(
      copies.map(({ resource, informer }) => [
        `${resource} known`,
        () =>
          informer.synced ? { ok: true } : { ok: false, reason: "the API server has not listed them yet; the log says why" },
      ]),
    ),
    staleSeconds: () => Math.max(...copies.map(({ informer }) => informer.staleSeconds())),
  };
}

interface Copy {
  readonly name: EvidenceName;
  readonly resource: string;
  readonly informer: Pick<Informer<KubeObject>, "run" | "list" | "synced" | "staleSeconds">;
}

function createCopies({ client, clock, random, onProblem }: EvidenceOptions): Copy[] {
  return evidenceNames()
    .filter((name) => sources[name].isIndexed)
    .map((name) => {
      const resource: Resource<KubeObject> = sources[name].resource;
      const report = (problem: InformerProblem) => onProblem(resource.kind, problem);
      const follow = { client, resource, clock, random, relistSeconds, relistInDoubt: true, onChange: () => {} };
      return { name, resource: resource.plural, informer: createInformer({ ...follow, onProblem: report }) };
    });
}

function evidenceNames(): EvidenceName[] {
  const names: Readonly<Record<EvidenceName, unknown>> = sources;
  return Object.keys(names).filter((name): name is EvidenceName => name in sources);
}

/** A review goes on without what cannot be read, and says so. */
async function readAnew(
  { client, onUnread }: EvidenceOptions,
  name: EvidenceName,
  signal: AbortSignal,
): Promise<Reading<KubeObject>> {
  const resource: Resource<KubeObject> = sources[name].resource;
  try {
    return await client.listAll(resource, { signal, timeoutMs: liveTimeoutMs, pageSize });
  } catch (error) {
    onUnread(resource.plural);
    return { problem: `${resource.plural}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** What was read under its names; nothing was asked of the others. */
function evidenceOf(read: readonly (readonly [EvidenceName, Reading<KubeObject>])[]): Evidence {
  const all: readonly (readonly unknown[])[] = [...evidenceNames().map((name) => [name, notAsked]), ...read];
  return Object.fromEntries(all);
}
