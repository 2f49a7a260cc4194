import { compareText } from "../../lib/text/order.ts";
import { selects } from "../../crds/selector.ts";
import { compareAddresses, parseAddress } from "../../lib/net/address.ts";
import { type Acceptance, isUsable } from "./accept.ts";
import {
  comingBack,
  type Holding,
  holdingOf,
  isGood,
  type NodeContext,
  type Surroundings,
  surroundingsOf,
  usedSubnets,
} from "./holding.ts";
import { chosenAddresses } from "./node-address.ts";
import { compareAge, networksFor } from "./select.ts";
import type { Claim, Network, NodeFacts, NodeRecord, Snapshot } from "./snapshot.ts";
import { closedNetworksFor, type Unserved } from "./unserved.ts";

/** A node, the one network it belongs to, and what it has of it. */
export interface Belonging {
  readonly node: NodeFacts;
  readonly network: Network;
  /** The NodeNetwork that was written for this very node and network, if there is one. */
  readonly record: NodeRecord | undefined;
  readonly holding: Holding;
  /** Whether the network's selector matches it (still). */
  readonly isSelected: boolean;
}

/** A node without subnets that several networks select alike, so that none gets it. */
export interface Ambiguity {
  readonly node: string;
  /** The oldest first. */
  readonly networks: readonly Network[];
}

/** Which node belongs where. */
export interface Membership {
  /** By InternalIP, then name: the order in which new nodes are served. */
  readonly belongings: readonly Belonging[];
  readonly ambiguities: readonly Ambiguity[];
  /** Names of nodes that no network selects and that have nothing of one. */
  readonly unselected: readonly string[];
  readonly unserved: readonly Unserved[];
}

/** Every node with the network it belongs to: the one it has subnets of, else the usable one of highest priority that selects it. */
export function membership(snapshot: Snapshot, acceptance: ReadonlyMap<string, Acceptance>): Membership {
  const byAge = snapshot.networks.toSorted(compareAge);
  const choice = { networks: byAge, usable: (network: Network) => isUsable(network, acceptance.get(network.uid)) };
  const around = surroundingsOf(snapshot);
  const referring = references(snapshot, around);
  const belongings: Belonging[] = [];
  const ambiguities: Ambiguity[] = [];
  const unselected: string[] = [];
  const unserved: Unserved[] = [];
  for (const node of snapshot.nodes.toSorted(compareNodes)) {
    const found = referring(node);
    const held = heldNetwork(found, byAge);
    const isFree = held === undefined && found.own.length === 0 && !node.deleting;
    const chosen = isFree ? networksFor(node, choice) : [];
    const network = held ?? (chosen.length === 1 ? chosen[0] : undefined);
    if (network !== undefined) {
      const isSelected = selects(network.object.spec.nodeSelector, node.labels);
      const holding = holdingOf({ ...found, network }, acceptance.get(network.uid), around);
      const record = found.record?.object.spec.networkUID === network.uid ? found.record : undefined;
      belongings.push({ node, network, record, holding, isSelected });
    } else if (chosen.length > 1) ambiguities.push({ node: node.name, networks: chosen });
    else if (isFree) {
      const closed = closedNetworksFor(node, byAge);
      if (closed.length > 0) unserved.push({ node: node.name, networks: closed });
      else unselected.push(node.name);
    }
  }
  return { belongings, ambiguities, unselected, unserved };
}

function compareNodes(a: NodeFacts, b: NodeFacts): number {
  const [first, second] = [a, b].map((node) => parseAddress(chosenAddresses(node, { nodeCidrs: [] })[0] ?? ""));
  if (first !== undefined && second !== undefined) return compareAddresses(first, second) || compareText(a.name, b.name);
  if (first === undefined && second === undefined) return compareText(a.name, b.name);
  return first === undefined ? 1 : -1;
}

type References = Omit<NodeContext, "network">;

/** Gives all claims that count and the NodeNetwork that refer to a node. */
function references({ claims, records }: Snapshot, around: Surroundings): (node: NodeFacts) => References {
  const byNode = Map.groupBy(claims, (claim) => claim.object.spec.node);
  const byName = new Map(records.map((record) => [record.node, record]));
  return (node) => {
    const named = byName.get(node.name);
    const all = (byNode.get(node.name) ?? []).filter((claim) => isGood(claim, around));
    const isOwn = ({ object }: Claim) => object.spec.nodeUID === node.uid;
    return {
      node,
      own: all.filter(isOwn),
      earlier: all.filter((claim) => !isOwn(claim)),
      record: named?.object.spec.nodeUID === node.uid ? named : undefined,
      named,
    };
  };
}

/**
 * The network the node already has subnets of: the one its NodeNetwork names, else the oldest one that a claim of its own names; one at rest counts where the node's agent still uses it,
 * since others may have missed it before that one was heard.
 */
function heldNetwork(found: References, byAge: readonly Network[]): Network | undefined {
  const held = new Set(
    found.own.filter(({ object }) => object.spec.state !== "Held").map(({ object }) => object.spec.networkUID),
  );
  const recorded = found.record?.object.spec.networkUID;
  if (recorded !== undefined && (held.has(recorded) || held.size === 0)) return byAge.find(({ uid }) => uid === recorded);
  if (held.size > 0) return byAge.find((network) => held.has(network.uid));
  const resting = restingNetworks(found);
  if (resting.size > 0) return byAge.find((network) => resting.has(network.uid));
  return found.earlier.length === 0 ? undefined : byAge.find((network) => comingBack({ ...found, network }).length > 0);
}

/** UIDs of the networks of its claims at rest that its agent still uses. */
function restingNetworks(found: References): ReadonlySet<string> {
  if (found.own.length === 0) return new Set();
  const used = usedSubnets(found);
  return new Set(found.own.flatMap(({ object: { spec } }) => (used.has(spec.cidr) ? [spec.networkUID] : [])));
}
