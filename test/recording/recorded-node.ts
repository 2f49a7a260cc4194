import { addressKindOn, tunnelsOf } from "../../lib/linux/kinds/address.ts";
import { fdbKindOn } from "../../lib/linux/kinds/fdb.ts";
import { linkKind } from "../../lib/linux/kinds/link.ts";
import { neighborKindOn } from "../../lib/linux/kinds/neighbor.ts";
import { nexthopKind, numberedPaths, pathKey } from "../../lib/linux/kinds/nexthop.ts";
import type { NodeKind, Show } from "../../lib/linux/kinds/node-kind.ts";
import { type PortItem, portKind } from "../../lib/linux/kinds/port.ts";
import { routeKindBy } from "../../lib/linux/kinds/route.ts";
import { tableKind } from "../../lib/linux/kinds/table.ts";
import { diff } from "../../lib/reconcile/diff.ts";
import { explain } from "../../lib/reconcile/explain.ts";
import { type KernelState, planNode } from "../../node-agent/plan/node-state.ts";
import { claimObject, claimsOf, dualClaims, dualSpec, nodeFacts, ownNetwork } from "../support/node-view.ts";

/** One kind of the node that recordings are of. */
export interface RecordedKind {
  readonly name: string;
  readonly tool: "iproute2" | "nft";
  readonly show: readonly Show[];
  /** What differs from what is wanted, in words, by what those commands printed; empty: nothing. */
  differences(outputs: readonly string[]): string;
}

/** The node's end of the veth of its one pod, as it is to be; its uplink is a veth, too. */
export const recordedPort: PortItem = { name: "veth0a1b2c3d", mac: "02:00:00:00:01:01", bridge: "cni0", hairpin: true };

/** Node-1 in both families: node-2 is reached directly, node-3 through a tunnel. */
export function recordedState(): KernelState {
  const routing = { mode: "VXLAN", tunnelTo: "AllPeers", port: 4789 } as const;
  const tunnelled = dualClaims(3).map(({ spec }) => claimObject(3, { ...spec, routing }));
  const claims = claimsOf([...dualClaims(1), ...dualClaims(2), ...tunnelled]);
  const facts = nodeFacts(["192.168.1.12", "fd00:192:168:1::12", "192.168.1.13", "fd00:192:168:1::13"]);
  const plan = planNode("node-1", ownNetwork(dualSpec()), claims, facts);
  if (!("kernel" in plan)) throw new Error(plan.message);
  return plan.kernel;
}

/** The kinds that tools print, each with what it is to be. */
export function recordedKinds(): RecordedKind[] {
  const { links, addresses, neighbors, fdb, routes, tables } = recordedState();
  const tunnels = links.filter(({ type }) => type === "vxlan").map(({ name }) => name);
  const nexthops = numberedPaths(
    routes.flatMap(({ via, device, onlink }) =>
      via === undefined || device === undefined ? [] : [{ via, device, ...(onlink === true ? { onlink } : {}) }],
    ),
    [],
  );
  const numbers = new Map(nexthops.map((path) => [pathKey(path), path.id]));
  return [
    recordedKind(linkKind, links),
    recordedKind(portKind, [recordedPort]),
    recordedKind(addressKindOn(tunnelsOf(addresses)), addresses),
    recordedKind(neighborKindOn(tunnels), neighbors),
    recordedKind(fdbKindOn(tunnels), fdb),
    recordedKind(nexthopKind, nexthops),
    recordedKind(routeKindBy(numbers, routes), routes),
    recordedKind(tableKind, tables),
  ];
}

function recordedKind<Item>(kind: NodeKind<Item>, want: readonly Item[]): RecordedKind {
  return {
    name: kind.name,
    tool: kind.name === tableKind.name ? "nft" : "iproute2",
    show: kind.show,
    differences: (outputs) => explain(diff(kind, want, kind.parse(outputs))),
  };
}

/** Where the output of a kind's command stands, e.g. `"iproute2-6.1.0/node/route-0.txt"`. */
export function recordingName({ name, tool }: Pick<RecordedKind, "name" | "tool">, version: string, number: number): string {
  return `${tool}-${version}/node/${name}-${number}.txt`;
}
