import type { NodeState } from "../../lib/linux/node-state.ts";

/** A node of the site: number 1 has 192.168.1.11, 10.244.1.0/24 and fd00:10:244:1::/64, and so on. */
export function sampleState(number: number, peers: readonly number[], mtu = 1400): NodeState {
  const nodes = [number, ...peers];
  return {
    links: [{ name: "cni0", type: "bridge", mac: `02:00:00:00:00:0${number}`, mtu, up: true }],
    ports: { bridge: "cni0", hairpin: true },
    sysctls: [
      { path: "net/ipv4/ip_forward", value: "1" },
      { path: "net/ipv6/conf/all/forwarding", value: "1" },
      { path: "net/ipv4/conf/cni0/send_redirects", value: "0" },
    ],
    addresses: [`10.244.${number}.1/24`, `fd00:10:244:${number}::1/64`].map((address) => ({ device: "cni0", address })),
    neighbors: [],
    fdb: [],
    routes: peers.flatMap((peer) => [
      { prefix: `10.244.${peer}.0/24`, via: `192.168.1.1${peer}`, device: "eth0" },
      { prefix: `fd00:10:244:${peer}::/64`, via: `fd00:192:168:1::1${peer}`, device: "eth0" },
    ]),
    tables: [
      {
        family: "inet",
        sets: [
          { name: "pods4", type: "ipv4_addr", flags: ["interval"], elements: ["10.244.0.0/16"] },
          { name: "pods6", type: "ipv6_addr", flags: ["interval"], elements: ["fd00:10:244::/48"] },
          { name: "nodes4", type: "ipv4_addr", flags: [], elements: nodes.map((node) => `192.168.1.1${node}`) },
          { name: "nodes6", type: "ipv6_addr", flags: [], elements: nodes.map((node) => `fd00:192:168:1::1${node}`) },
        ],
        chains: [
          {
            name: "postrouting",
            hook: "type nat hook postrouting priority srcnat; policy accept;",
            rules: [
              'ip saddr @pods4 ip daddr != @pods4 ip daddr != @nodes4 oifname != "cni0" masquerade fully-random',
              'ip6 saddr @pods6 ip6 daddr != @pods6 ip6 daddr != @nodes6 oifname != "cni0" masquerade fully-random',
            ],
          },
        ],
      },
    ],
    files: { want: [], ours: [] },
  };
}
