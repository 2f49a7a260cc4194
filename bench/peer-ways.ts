import type { NodeState } from "../lib/linux/node-state.ts";
import { tunnelSample } from "../test/support/tunnel-sample.ts";

/** One way in which other nodes are reached. */
export interface PeerWay {
  readonly mode: "Direct" | "VXLAN";
  /** The most milliseconds that 5,000 peers may take. */
  readonly atMost: number;
  /** What a node with so many peers has of them. */
  state(count: number): Pick<NodeState, "links" | "neighbors" | "fdb" | "routes">;
  /** The commands that make one peer reachable without podnet, program first. */
  commands(number: number): readonly (readonly string[])[];
}

const tunnel = tunnelSample({ tunnel: { id: 244, port: 4789, local: "172.16.0.1" } });

/** The address of peer N's node, and what of 10.0.0.0/8 is its. */
function peer(number: number) {
  const hop = number + 2;
  const [high, low] = [number >> 8, number & 255];
  const hex = (value: number) => value.toString(16).padStart(2, "0");
  return {
    node: `172.16.${hop >> 8}.${hop & 255}`,
    prefix: `10.${high}.${low}.0/24`,
    gateway: `10.${high}.${low}.1`,
    mac: `02:01:00:00:${hex(high)}:${hex(low)}`,
  };
}

const peers = (count: number) => Array.from({ length: count }, (_, number) => peer(number));

/** Both ways. */
export const peerWays: readonly PeerWay[] = [
  {
    mode: "Direct",
    atMost: 100,
    state: (count) => ({
      links: [],
      neighbors: [],
      fdb: [],
      routes: peers(count).map(({ prefix, node }) => ({
        prefix,
        via: node,
        device: "eth0",
      })),
    }),
    commands: (number) => {
      const { prefix, node } = peer(number);
      return [["ip", "route", "add", prefix, "via", node, "dev", "eth0", "proto", "244"]];
    },
  },
  {
    mode: "VXLAN",
    atMost: 250,
    state: (count) => ({
      links: [tunnel],
      neighbors: peers(count).map(({ gateway, mac }) => ({ device: tunnel.name, address: gateway, mac })),
      fdb: peers(count).map(({ mac, node }) => ({ device: tunnel.name, mac, to: node })),
      routes: peers(count).map(({ prefix, gateway }) => ({ prefix, via: gateway, device: tunnel.name, onlink: true })),
    }),
    commands: (number) => {
      const { prefix, gateway, mac, node } = peer(number);
      return [
        ["bridge", "fdb", "replace", mac, "dev", tunnel.name, "dst", node, "self", "permanent"],
        ["ip", "neighbor", "replace", gateway, "lladdr", mac, "dev", tunnel.name, "nud", "permanent"],
        ["ip", "route", "add", prefix, "via", gateway, "dev", tunnel.name, "onlink", "proto", "244"],
      ];
    },
  },
];
