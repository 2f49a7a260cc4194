import type { NodeNetwork } from "../../crds/types.ts";
import type { Step } from "../../lib/reconcile/kind.ts";
import type { Vanished } from "./release.ts";
import type { Claim, Snapshot } from "./snapshot.ts";

/**
 * Claims at rest that begin their rest anew, before the steps that tell nodes are done. A NodeNetwork that goes over to another machine of the node's name loses
 * what the earlier machine last said that it has; that machine, if it is only cut off, may still have it for a hold after its last word.
 */
export function handedOver({ claims }: Pick<Snapshot, "claims">, told: readonly Step<NodeNetwork>[]): Claim[] {
  const passed = told.flatMap(({ want, have }) =>
    want !== undefined && have !== undefined && goesToAnotherMachine(have, want) ? [have] : [],
  );
  if (passed.length === 0) return [];
  const had = new Set(
    passed.flatMap(({ spec, status }) => [...spec.subnets, ...(status?.subnets ?? [])].map(({ cidr }) => cidr)),
  );
  return claims.filter(({ object: { spec } }) => spec.state === "Held" && had.has(spec.cidr));
}

/**
 * The steps that can be done now: a NodeNetwork whose Node had, or was told of, what no claim stands for stays with it until that claim was brought back, which the
 * same pass does. `findVanished` gives those claims; it is asked only where it matters.
 */
export function readyToTell(told: readonly Step<NodeNetwork>[], findVanished: () => readonly Vanished[]): Step<NodeNetwork>[] {
  let awaited: ReadonlySet<string> | undefined;
  return told.filter(({ want, have }) => {
    if (want === undefined || have === undefined || have.spec.nodeUID === want.spec.nodeUID) return true;
    awaited ??= new Set(findVanished().map(({ nodeUID }) => nodeUID));
    return !awaited.has(have.spec.nodeUID);
  });
}

/** Of a machine that is not known it may be another. */
function goesToAnotherMachine({ spec: before }: NodeNetwork, { spec: after }: NodeNetwork): boolean {
  return before.nodeUID !== after.nodeUID && (before.machineID === undefined || before.machineID !== after.machineID);
}
