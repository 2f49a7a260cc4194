import type { NodeNetworkSpec, NodeSubnetSpec } from "../../crds/types.ts";
import type { ClaimObject } from "../../node-agent/plan/claim.ts";
import type { AgentView } from "../../node-agent/plan/decide.ts";
import type { Chance } from "../simulation/chance.ts";
import { viewOf } from "../support/agent-node.ts";
import { active, claimObject, dualSpec } from "../support/node-view.ts";

type Routing = NonNullable<NodeSubnetSpec["routing"]>;

/** What is wanted of node-1. */
export interface Wanted {
  /** Others, by number, with the routing of their network; those from 6 on are behind a router. */
  readonly peers: ReadonlyMap<number, Routing | undefined>;
  /** Without the generation. */
  readonly spec: Partial<NodeNetworkSpec>;
  /** Of each family, 1 or 2. */
  readonly subnets: number;
}

/** The first peer that is not on the node's own link. */
const firstFar = 6;
const mostPeers = 9;
const ports = [4789, 8472];

function routingFrom(chance: Chance): Routing | undefined {
  if (chance.happens(0.5)) return undefined;
  return { mode: "VXLAN", tunnelTo: chance.pick(["OtherSubnets", "AllPeers"]), port: chance.pick(ports) };
}

/** Any of all that can be wanted. */
export function wantedFrom(chance: Chance): Wanted {
  const routing = routingFrom(chance);
  const numbers = Array.from({ length: mostPeers - 1 }, (_, n) => n + 2).filter(() => chance.happens(0.5));
  return {
    peers: new Map(numbers.map((number) => [number, chance.happens(0.6) ? routing : routingFrom(chance)])),
    subnets: 1 + chance.below(2),
    spec: {
      ...(routing && { routing }),
      mtu: chance.happens(0.5) ? { mode: "Auto" } : { mode: "Fixed", value: chance.pick([1280, 1400, 1430]) },
      masquerade: { enabled: chance.happens(0.8), ...(chance.happens(0.4) && { exclude: ["10.0.0.0/8", "fd99::/16"] }) },
      cni: {
        confName: chance.pick(["10-podnet.conflist", "20-podnet.conflist"]),
        bridge: "cni0",
        hairpin: chance.happens(0.5),
        portMap: chance.happens(0.8),
      },
    },
  };
}

const own = (subnets: number) =>
  ["10.244.1.0/24", "fd00:10:244:1::/64", "10.244.101.0/24", "fd00:10:244:101::/64"].slice(0, subnets * 2);

/** What the agent of node-1 sees then. `leaving`: what was wanted before; what of that is wanted no longer rests. */
export function viewOfWanted({ peers, spec, subnets }: Wanted, generation: number, leaving?: Wanted): AgentView {
  const claims = own(subnets).map((cidr) => claimObject(1, { cidr, ...(spec.routing && { routing: spec.routing }) }));
  const gone = own(leaving?.subnets ?? 0).slice(subnets * 2);
  const rests = [...(leaving?.peers ?? new Map<number, undefined>())].filter(([number]) => !peers.has(number));
  const held = { state: "Held", heldAt: "2026-01-01T00:00:00Z" } as const;
  return viewOf(dualSpec({ ...spec, configGeneration: generation, subnets: active(...own(subnets)) }), [
    ...claims,
    ...gone.map((cidr) => claimObject(1, { cidr, ...held })),
    ...[...peers].flatMap(([number, routing]) => claimsOf(number, { ...(routing && { routing }) })),
    ...rests.flatMap(([number, routing]) => claimsOf(number, { ...(routing && { routing }), ...held })),
  ]);
}

function claimsOf(number: number, part: Partial<NodeSubnetSpec>): ClaimObject[] {
  const site = number < firstFar ? 1 : 2;
  const addresses = [`192.168.${site}.${10 + number}`, `fd00:192:168:${site}::${10 + number}`];
  const common = { nextHops: addresses, nodeAddresses: addresses, ...part };
  return [claimObject(number, common), claimObject(number, { cidr: `fd00:10:244:${number}::/64`, ...common })];
}
