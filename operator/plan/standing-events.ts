import { renderFirst } from "../../lib/text/counts.ts";
import { compareText } from "../../lib/text/order.ts";
import { apiVersion, podNetworkResource } from "../../crds/names.ts";
import type { ObjectReference } from "../../lib/kube/builtin.ts";
import { isPrefixProblem, parsePrefix } from "../../lib/net/prefix.ts";
import type { Allocation } from "./allocate.ts";
import { indexPrefixes } from "../../lib/net/prefix-index.ts";
import type { PlannedEvent } from "./events.ts";
import { leakEvents } from "./leak-events.ts";
import { addressConflicts, conflictRemedy, describeConflict, renderConflict } from "./node-addresses.ts";
import { ownRecord } from "./node-progress.ts";
import type { Snapshot } from "./snapshot.ts";
import { unsettledReports } from "./unclaimed.ts";
import { describeUnserved } from "./unserved.ts";

/** What stands in no object of ours, and is to be told when it begins. */
export function standingEvents(
  snapshot: Snapshot,
  { unselected, unserved }: Pick<Allocation, "unselected" | "unserved">,
): PlannedEvent[] {
  const uids = new Map(snapshot.nodes.map(({ name, uid }) => [name, uid]));
  const refer = (name: string): ObjectReference => {
    const uid = uids.get(name);
    return { apiVersion: "v1", kind: "Node", name, ...(uid !== undefined && { uid }) };
  };
  return [
    ...unselectedEvents(snapshot, unselected, refer),
    ...unserved.map((one): PlannedEvent => ({ regarding: refer(one.node), reason: "NodeUnserved", note: describeUnserved(one) })),
    ...duplicateEvents(snapshot, refer),
    ...leakEvents(snapshot, refer),
    ...contentionEvents(snapshot, refer),
    ...addressConflicts(snapshot).map((conflict): PlannedEvent => {
      const note = `its address lies in a subnet: ${describeConflict(conflict)}; ${conflictRemedy}`;
      return { regarding: refer(conflict.node.name), reason: "NodeAddressConflict", about: renderConflict(conflict), note };
    }),
  ];
}

/** Before the first PodNetwork there is nothing that could select a node. */
function unselectedEvents(
  { networks }: Snapshot,
  unselected: readonly string[],
  refer: (node: string) => ObjectReference,
): PlannedEvent[] {
  if (networks.length === 0 || unselected.length === 0) return [];
  const names = renderFirst(networks.map(({ name }) => `PodNetwork/${name}`).toSorted(compareText));
  const note = `no spec.nodeSelector matches it, so it gets no subnet (${names}); label the Node, or create a PodNetwork for it`;
  return unselected.map((node) => ({ regarding: refer(node), reason: "NodeUnselected", note }));
}

/** An agent says it of its own node alone. */
function contentionEvents({ nodes, records }: Snapshot, refer: (node: string) => ObjectReference): PlannedEvent[] {
  const known = new Map(nodes.map((node) => [node.name, node]));
  return records.flatMap((record): PlannedEvent[] => {
    const node = known.get(record.node);
    const conditions = (node && ownRecord(node, record)?.status?.conditions) ?? [];
    const found = conditions.find(({ type, status }) => type === "DriftContended" && status === "True");
    return found === undefined ? [] : [{ regarding: refer(record.node), reason: "DriftContended", note: found.message }];
  });
}

/** One Event per subnet on its network, and one on each of the nodes. */
function duplicateEvents(snapshot: Snapshot, refer: (node: string) => ObjectReference): PlannedEvent[] {
  const doubles = [...unsettledReports(snapshot)].filter(([, mentions]) => mentions.length > 1);
  const index = indexPrefixes(doubles.length === 0 ? [] : (snapshot.ledger?.entries ?? []));
  return doubles.flatMap(([cidr, mentions]) => {
    const nodes = mentions.map(({ node }) => node).toSorted(compareText);
    const note = `${renderFirst(nodes)} say that they have ${cidr}, and no claim says whose it is, so none of them gets it; drain and reboot all but one of them`;
    const prefix = parsePrefix(cidr);
    const entry = isPrefixProblem(prefix) ? undefined : index.around(prefix);
    const network = entry && { apiVersion, kind: podNetworkResource.kind, name: entry.network, uid: entry.networkUID };
    const regarding = [...(network === undefined ? [] : [network]), ...nodes.map(refer)];
    return regarding.map((one): PlannedEvent => ({ regarding: one, reason: "DuplicateReport", about: cidr, note }));
  });
}
