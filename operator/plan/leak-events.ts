import { renderFirst } from "../../lib/text/counts.ts";
import type { ObjectReference } from "../../lib/kube/builtin.ts";
import { parseAddress, renderAddress } from "../../lib/net/address.ts";
import { containsAddress } from "../../lib/net/prefix.ts";
import type { PlannedEvent } from "./events.ts";
import type { Claim, Snapshot } from "./snapshot.ts";

/** On the nodes whose agents say that they took back addresses of pods that are gone. An address is named where it lies in a claim of that very node. */
export function leakEvents(
  { records, claims }: Pick<Snapshot, "records" | "claims">,
  refer: (node: string) => ObjectReference,
): PlannedEvent[] {
  const telling = records.filter(({ object: { status } }) => (status?.leaks?.collectedTotal ?? 0) > 0);
  if (telling.length === 0) return [];
  const claimsOf = Map.groupBy(claims, ({ object }) => object.spec.nodeUID);
  return telling.flatMap(({ node, object: { spec, status } }): PlannedEvent[] => {
    const regarding = refer(node);
    const { collectedTotal: times = 0, last = [] } = status?.leaks ?? {};
    if (regarding.uid !== spec.nodeUID) return [];
    const named = new Set(last.flatMap(({ address }) => addressIn(claimsOf.get(spec.nodeUID) ?? [], address) ?? []));
    const names = named.size === 0 ? "" : `, the last ones ${renderFirst([...named])}`;
    const note = `it took back ${times === 1 ? "1 address" : `${times} addresses`} so far that no pod has any more${names}`;
    return [{ regarding, reason: "LeasesCollected", note, times }];
  });
}

/** The canonical text of an address in one of the claims; undefined where it is in none. */
function addressIn(claims: readonly Claim[], text: string): string | undefined {
  const address = parseAddress(text);
  return address !== undefined && claims.some(({ prefix }) => containsAddress(prefix, address))
    ? renderAddress(address)
    : undefined;
}
