import { podNetworkResource, subnetName } from "../../crds/names.ts";
import type { Allocation } from "./allocate.ts";
import type { Snapshot } from "./snapshot.ts";

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
  for (const { key, message } of refused.filter(({ kind }) => kind === "NodeSubnet")) {
    const uid = owners.get(key);
    if (uid !== undefined) found.set(uid, (found.get(uid) ?? new Set()).add(message));
  }
  return {
    finalizers: new Map(refused.filter(({ kind }) => kind === podNetworkResource.kind).map(({ key, message }) => [key, message])),
    claims: new Map(Array.from(found, ([uid, messages]) => [uid, [...messages]])),
  };
}

/** Everything was taken. */
export const noRefusedWrites: RefusedWrites = { finalizers: new Map(), claims: new Map() };
