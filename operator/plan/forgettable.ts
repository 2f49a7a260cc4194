import { isPrefixProblem, parsePrefix } from "../../lib/net/prefix.ts";
import { indexPrefixes } from "../../lib/net/prefix-index.ts";
import { ownRecord } from "./node-progress.ts";
import { allHaveSpoken, type Hearing } from "./sightings.ts";
import type { NodeFacts, NodeRecord, Snapshot } from "./snapshot.ts";
import { judgeMissing } from "./words.ts";

/**
 * Gives what an agent may forget, as text, since no claim stands for it, and none can be made of it again: no entry of the ledger contains it with subnets
 * of its length. Of what it misses: what no node has; also what it alone misses, and the node that shall have had it knows nothing of. Of what it has itself: what its NodeNetwork does not name. Nobody would ever end these
 * otherwise. Nothing while a recovery goes on, or the owner has not been heard, since then it is not known who has what. It has to be seen to
 * speak, since a status that stood at the first look may have come with a backup.
 */
export function forgettable(snapshot: Snapshot, hearing: Hearing = allHaveSpoken): (record: NodeRecord) => string[] {
  const { ledger, claims, records } = snapshot;
  if (ledger === undefined || ledger.recovering) return () => [];
  const claimed = new Set(claims.map(({ object }) => object.spec.cidr));
  const had = new Set(
    records.flatMap(({ object: { spec, status } }) => [...spec.subnets, ...(status?.subnets ?? [])].map(({ cidr }) => cidr)),
  );
  const unheard = unheardNodes(snapshot, hearing);
  const judge = judgeMissing(snapshot);
  const entries = indexPrefixes(ledger.entries);
  const isLost = (cidr: string) => {
    const prefix = parsePrefix(cidr);
    return !claimed.has(cidr) && !isPrefixProblem(prefix) && entries.around(prefix)?.subnetLength !== prefix.length;
  };
  return ({ object: { spec, status = {} } }) => {
    const { lost = [], subnets = [] } = status;
    const named = new Set(spec.subnets.map(({ cidr }) => cidr));
    const missed = lost.filter((word) => {
      const { cidr, node } = word;
      const isDenied = !claimed.has(cidr) && judge(word) === "Denied";
      return !had.has(cidr) && !unheard.has(node) && (isDenied || isLost(cidr));
    });
    const own = subnets.filter(({ cidr }) => !named.has(cidr) && isLost(cidr));
    return [...missed, ...own].map(({ cidr }) => cidr);
  };
}

/** Names of Nodes whose agents have said nothing yet: to this very object, since a machine lives on when its Node is made anew. */
function unheardNodes({ nodes, records }: Pick<Snapshot, "nodes" | "records">, hearing: Hearing): ReadonlySet<string> {
  const known = new Map(records.map((record) => [record.node, record]));
  const isHeard = (node: NodeFacts) => {
    const record = known.get(node.name);
    return record !== undefined && ownRecord(node, record)?.status?.nodeUID === node.uid && hearing.hasSpoken(record);
  };
  return new Set(nodes.filter((node) => !isHeard(node)).map(({ name }) => name));
}
