import { compareText } from "../../lib/text/order.ts";
import type { NodeNetwork, PodNetwork } from "../../crds/types.ts";
import { addressBits, parseAddress } from "../../lib/net/address.ts";
import { type Prefix, prefixAround } from "../../lib/net/prefix.ts";
import { readPrefixes } from "./read.ts";
import type { Snapshot } from "./snapshot.ts";

/** A network that goes: its object is Terminating, or went although claims of it are left. */
export interface LeavingNetwork {
  readonly name: string;
  readonly uid: string;
  /** Undefined where no object is to be seen; whether it is really gone must be asked for. */
  readonly object: PodNetwork | undefined;
}

/** What keeps a network from going. */
export interface Blockers {
  readonly pods: number;
  /** The nodes those pods run on, the one with most pods first. */
  readonly nodes: readonly { readonly node: string; readonly pods: number }[];
}

/** The part of a Pod that counts here. */
export interface PodAddresses {
  readonly phase: string;
  readonly addresses: readonly string[];
}

/** Every network that is on its way out, by name. */
export function leavingNetworks({ networks, claims, records }: Snapshot): LeavingNetwork[] {
  const known = new Set(networks.map((network) => network.uid));
  const leaving = new Map<string, LeavingNetwork>();
  for (const { name, uid, object, deleting } of networks) if (deleting) leaving.set(uid, { name, uid, object });
  for (const { network: name, networkUID: uid } of [...claims, ...records].map(({ object }) => object.spec))
    if (name !== undefined && uid !== undefined && !known.has(uid)) leaving.set(uid, { name, uid, object: undefined });
  return [...leaving.values()].toSorted((a, b) => compareText(a.name, b.name) || compareText(a.uid, b.uid));
}

/** A prefix and the node that uses it. */
export interface UsedPrefix {
  readonly prefix: Prefix;
  readonly node: string;
}

/** What nodes use of a network: its claims, and what their NodeNetworks name or their agents say they have, though the claim be gone. */
export function usedPrefixes({ claims, records }: Pick<Snapshot, "claims" | "records">, networkUID: string): UsedPrefix[] {
  return [
    ...claims
      .filter(({ object }) => object.spec.networkUID === networkUID)
      .map(({ prefix, object }) => ({ prefix, node: object.spec.node })),
    ...records
      .filter(({ object }) => object.spec.networkUID === networkUID)
      .flatMap(({ node, subnets, object }) => [...subnets, ...reportedPrefixes(object)].map((prefix) => ({ prefix, node }))),
  ];
}

function reportedPrefixes({ status }: NodeNetwork): Prefix[] {
  return readPrefixes((status?.subnets ?? []).map(({ cidr }) => cidr));
}

/** Counts pods with an address of one of the prefixes, page by page. A pod that ran to its end has none any more. */
export function createPodCount(used: readonly UsedPrefix[]): { add(pods: readonly PodAddresses[]): void; blockers(): Blockers } {
  const owners = new Map(used.map(({ prefix, node }) => [keyOf(prefix), node]));
  const lengths = [...new Set(used.map(({ prefix }) => prefix.length))];
  const counts = new Map<string, number>();
  const ownerOf = (text: string): string | undefined => {
    const address = parseAddress(text);
    if (address === undefined) return undefined;
    return lengths
      .filter((length) => length <= addressBits(address.family))
      .map((length) => owners.get(keyOf(prefixAround(address, length))))
      .find((owner) => owner !== undefined);
  };
  return {
    add(pods) {
      for (const { phase, addresses } of pods) {
        if (phase === "Succeeded" || phase === "Failed") continue;
        const owner = addresses.map(ownerOf).find((node) => node !== undefined);
        if (owner !== undefined) counts.set(owner, (counts.get(owner) ?? 0) + 1);
      }
    },
    blockers() {
      const nodes = Array.from(counts, ([node, pods]) => ({ node, pods }));
      return {
        pods: nodes.reduce((sum, { pods }) => sum + pods, 0),
        nodes: nodes.toSorted((a, b) => b.pods - a.pods || compareText(a.node, b.node)),
      };
    },
  };
}

function keyOf(prefix: Prefix): string {
  return `${prefix.family}/${prefix.address}/${prefix.length}`;
}
