import {
  nodeNetworkResource,
  nodeSubnetResource,
  podNetworkResource,
  rangeLedgerResource,
  subnetName,
} from "../../crds/names.ts";
import type { Allocation } from "./allocate.ts";
import type { Network, Snapshot } from "./snapshot.ts";

/** A write that was not done, with the port's code and its message, which names what to do. */
export interface FailedWrite {
  readonly kind: string;
  readonly key: string;
  readonly code: string;
  readonly message: string;
}

/** What the API server does not take of what networks need. */
export interface RefusedWrites {
  /** Name of a network → the answer to the finalizer without which it is not accepted. */
  readonly finalizers: ReadonlyMap<string, string>;
  /** UID of a network → the answers to writes of claims of it. */
  readonly claims: ReadonlyMap<string, readonly string[]>;
  /** Name of a node → the answer to the write of its NodeNetwork. */
  readonly records: ReadonlyMap<string, string>;
  /** The answer to the write of the ledger, without which nothing is accepted. */
  readonly ledger: string | undefined;
}

/** Of what failed, what trying again does not cure: the object is not as the server wants it, or a right or a policy, be it somebody else's, is in the way. */
export function refusedWrites(
  failures: readonly FailedWrite[],
  { claims }: Pick<Snapshot, "claims">,
  { creates }: Pick<Allocation, "creates">,
): RefusedWrites {
  const refused = failures.filter(({ code }) => code === "Invalid" || code === "Forbidden");
  if (refused.length === 0) return noRefusedWrites;
  const owners = new Map([
    ...claims.map(({ object }) => [object.metadata.name, object.spec.networkUID] as const),
    ...creates.map(({ prefix, network }) => [subnetName(prefix), network.uid] as const),
  ]);
  const found = new Map<string, Set<string>>();
  const ofKind = (wanted: string) => refused.filter(({ kind }) => kind === wanted);
  const answers = (kind: string) => new Map(ofKind(kind).map(({ key, message }) => [key, message]));
  for (const { key, message } of ofKind(nodeSubnetResource.kind)) {
    const uid = owners.get(key);
    if (uid !== undefined) found.set(uid, (found.get(uid) ?? new Set()).add(message));
  }
  return {
    finalizers: answers(podNetworkResource.kind),
    claims: new Map(Array.from(found, ([uid, messages]) => [uid, [...messages]])),
    records: answers(nodeNetworkResource.kind),
    ledger: ofKind(rangeLedgerResource.kind).at(-1)?.message,
  };
}

/** What the API server said to writes for a network that it refused; undefined and empty where it took all. */
export interface RefusedForNetwork {
  /** To our finalizer on it. */
  readonly finalizer: string | undefined;
  /** To the ledger, which all networks share. */
  readonly ledger: string | undefined;
  /** To claims of it. */
  readonly claims: readonly string[];
}

/** What of it concerns one network. */
export function refusedFor(
  { finalizers, ledger, claims }: RefusedWrites,
  { name, uid }: Pick<Network, "name" | "uid">,
): RefusedForNetwork {
  return { finalizer: finalizers.get(name), ledger, claims: claims.get(uid) ?? [] };
}

/** Everything was taken. */
export const noRefusedWrites: RefusedWrites = { finalizers: new Map(), claims: new Map(), records: new Map(), ledger: undefined };
