import { renderTime } from "../../crds/conditions.ts";
import { claimsFinalizer } from "../../crds/names.ts";
import { parseServedPodNetwork } from "../../crds/parse.ts";
import type { PodNetwork } from "../../crds/types.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { FileNetwork } from "./manifest.ts";

/** What becomes of a PodNetwork itself. */
export type NetworkChange = "Create" | "Change" | "Delete" | "Keep";

/** A PodNetwork as it shall be, beside the one that is there. */
export interface Candidate {
  readonly name: string;
  readonly change: NetworkChange;
  /** Where it is wanted. */
  readonly file: string | undefined;
  /** As it shall be, with the identity of the stored one; the last state of one that is deleted. */
  readonly object: Stored<PodNetwork>;
  readonly old: Stored<PodNetwork> | undefined;
}

export interface CandidateInput {
  readonly stored: readonly Stored<PodNetwork>[];
  readonly wanted: readonly FileNetwork[];
  /** Names that stand in files although nothing can be read there: nobody means them to go. */
  readonly unreadable: ReadonlySet<string>;
  /** Whether networks that no file names are to be deleted. */
  readonly prune: boolean;
  readonly nowMs: number;
}

/** Every network of the cluster and of the files, by name. */
export function candidates({ stored, wanted, unreadable, prune, nowMs }: CandidateInput): Candidate[] {
  const byName = new Map(stored.map((object) => [object.metadata.name, object]));
  const files = new Map(wanted.map((one) => [one.network.metadata.name, one]));
  const names = [...new Set([...byName.keys(), ...files.keys()])].toSorted();
  return names.flatMap((name): Candidate[] => {
    const [old, one] = [byName.get(name), files.get(name)];
    if (one !== undefined) return [written(one, old, nowMs)];
    if (old === undefined) return [];
    const isGoing = prune && !unreadable.has(name) && old.metadata.deletionTimestamp === undefined;
    return [{ name, change: isGoing ? "Delete" : "Keep", file: undefined, object: isGoing ? deleted(old, nowMs) : old, old }];
  });
}

function written({ file, network }: FileNetwork, old: Stored<PodNetwork> | undefined, nowMs: number): Candidate {
  const { name } = network.metadata;
  if (old === undefined) {
    const metadata = { name, uid: plannedUID(name), resourceVersion: "", generation: 1, creationTimestamp: renderTime(nowMs) };
    return { name, change: "Create", file, object: { ...network, metadata }, old };
  }
  if (canonicalJson(specOf(old)) === canonicalJson(network.spec)) return { name, change: "Keep", file, object: old, old };
  const metadata = { ...old.metadata, generation: (old.metadata.generation ?? 0) + 1 };
  return { name, change: "Change", file, object: { ...old, metadata, spec: network.spec }, old };
}

/** With the defaults that a newer schema would fill in. */
function specOf({ apiVersion, kind, metadata, spec }: PodNetwork): PodNetwork["spec"] {
  return parseServedPodNetwork({ apiVersion, kind, metadata: { name: metadata.name }, spec }).value?.spec ?? spec;
}

/** One that the operator's finalizer keeps is Terminating; the caller leaves out any other one. */
function deleted(old: Stored<PodNetwork>, nowMs: number): Stored<PodNetwork> {
  return { ...old, metadata: { ...old.metadata, deletionTimestamp: renderTime(nowMs) } };
}

/** Whether its object stays after a deletion until the operator lets it go. */
export function isKeptByFinalizer({ metadata }: PodNetwork): boolean {
  return metadata.finalizers?.includes(claimsFinalizer) ?? false;
}

/** Stands for the UID of a network that does not exist yet, which the API server draws at random. */
export function plannedUID(name: string): string {
  return `uid of PodNetwork/${name}`;
}
