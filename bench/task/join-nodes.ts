import { setTimeout as delay } from "node:timers/promises";
import { nodeNetworkResource, nodeSubnetResource } from "../../crds/names.ts";
import type { NodeNetwork, NodeSubnet } from "../../crds/types.ts";
import { nodes } from "../../lib/kube/builtin.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import { inParallel } from "../../lib/kube/parallel.ts";
import type { Resource, Stored } from "../../lib/kube/resource.ts";
import { type RevisionClock, startRevisionClock, type Timeline, timeOf } from "../revision-clock.ts";
import { nodeSample } from "../sample.ts";

const claims: Resource<NodeSubnet> = nodeSubnetResource;
const records: Resource<NodeNetwork> = nodeNetworkResource;

export interface JoinInput {
  /** Who gives subnets to nodes. */
  readonly by: "podnet" | "NodeIPAM";
  readonly count: number;
  readonly parallel: number;
  /** It ends when so many nodes are served. */
  readonly until: number;
  readonly deadlineMs: number;
}

/** When the first and the last of a number of writes was done, in milliseconds since the first Node was created. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

export interface JoinOutput {
  readonly beganAtMs: number;
  readonly nodesCreated: Span;
  /** By what was written: `claims Active`, `NodeNetworks`, `Node conditions`; or `podCIDRs`. */
  readonly stages: Readonly<Record<string, Span>>;
  /** Nodes served per second, without the first and the last fifth of `until`. */
  readonly steadyRate: number;
  /** All writes to the store until the last stage was done, the creation of the Nodes among them. */
  readonly writes: number;
}

type Found = Readonly<Record<string, readonly string[]>>;

/** Creates Nodes and waits until they are served. What is measured is read from the store afterwards. */
export async function joinNodes(client: KubeClient, input: JoinInput): Promise<JoinOutput> {
  const { by, count, parallel, until } = input;
  const clock = await startRevisionClock(client);
  const beganAtMs = Date.now();
  const began = clock.now();
  const numbers = Array.from({ length: count }, (_, index) => index);
  const creating = inParallel(numbers, parallel, async (number) => (await client.create(nodes, nodeSample(number))).metadata);
  const found = await Promise.all([creating, served(client, clock, input)]);
  const writes = clock.writes();
  const timeline = await clock.stop();
  const at = (version: string) => timeOf(timeline, version) - began;
  const created = found[0].map(({ resourceVersion }) => resourceVersion ?? "0");
  const main = Object.values(found[1])[by === "podnet" ? 1 : 0] ?? [];
  return {
    beganAtMs,
    nodesCreated: spanOf(created, at),
    stages: Object.fromEntries(
      Object.entries(found[1]).map(([stage, versions]) => [stage, spanOf(versions.slice(0, until), at)]),
    ),
    steadyRate: steadyRate(main.slice(0, until), timeline),
    writes,
  };
}

/** Where fewer writes than expected came, for so long, it asks all the same. */
const unaskedMs = 30_000;

/** Asks now and then, and only when there were enough writes that it may be done, since asking costs the server much. */
async function served(client: KubeClient, clock: RevisionClock, input: JoinInput): Promise<Found> {
  const { by, count, until, deadlineMs } = input;
  const least = by === "podnet" ? count * 5 : count + until;
  for (let askedAt = clock.now(); ; ) {
    await delay(100);
    const now = clock.now();
    if (now > deadlineMs) throw new Error(`${by} did not serve ${until} nodes within ${deadlineMs} ms`);
    if (clock.writes() < least && now - askedAt < unaskedMs) continue;
    const found = await (by === "podnet" ? servedByPodnet(client) : servedByNodeIPAM(client));
    if (Object.values(found).every((versions) => versions.length >= until)) {
      // The clock has to read one more time to know of the last write.
      await delay(200);
      return found;
    }
    askedAt = clock.now();
    await delay(400);
  }
}

async function servedByPodnet(client: KubeClient): Promise<Found> {
  const [active, told, all] = [
    (await client.listAll(claims)).items.filter(({ spec }) => spec.state === "Active"),
    (await client.listAll(records)).items,
    (await client.listAll(nodes)).items,
  ];
  const spoken = all.filter(({ status }) => status?.conditions?.some(({ type }) => type === "NetworkUnavailable"));
  return { "claims Active": versionsOf(active), NodeNetworks: versionsOf(told), "Node conditions": versionsOf(spoken) };
}

async function servedByNodeIPAM(client: KubeClient): Promise<Found> {
  const { items } = await client.listAll(nodes);
  return { podCIDRs: versionsOf(items.filter(({ spec }) => spec?.podCIDR !== undefined)) };
}

/** In the order in which they were written. */
function versionsOf(objects: readonly Stored<{ metadata: { name: string } }>[]): string[] {
  return objects.map(({ metadata }) => metadata.resourceVersion).toSorted((a, b) => Number(a) - Number(b));
}

function spanOf(versions: readonly string[], at: (version: string) => number): Span {
  const times = versions.map(at);
  return { first: Math.min(...times), last: Math.max(...times) };
}

function steadyRate(versions: readonly string[], timeline: Timeline): number {
  const middle = versions.slice(Math.floor(versions.length * 0.2), Math.ceil(versions.length * 0.8));
  const [first = "0", last = "0"] = [middle[0], middle.at(-1)];
  return ((middle.length - 1) * 1000) / (timeOf(timeline, last) - timeOf(timeline, first));
}
