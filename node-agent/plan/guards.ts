import { gatewayOf } from "../../cni/plan/conflist.ts";
import type { VxlanLink } from "../../lib/linux/kinds/link.ts";
import type { NftChain, TableItem } from "../../lib/linux/kinds/table.ts";
import { families, type Family, parseAddress, toAddress } from "../../lib/net/address.ts";
import { addressSet, languages } from "./nft.ts";
import type { OwnNetwork } from "./own-network.ts";
import { vxlanId } from "./vxlan.ts";

/** Where the identifier stands in a VXLAN packet, as nft says it: 24 bits, after a UDP header and four bytes of its own (RFC 7348, 5). */
const ourVxlan = `@th,96,24 0x${vxlanId.toString(16)}`;

/** The sender of what a network's own router or server says, and pods believe: none of these is a pod. */
const notFromPods = [
  "icmpv6 type { nd-router-advert, nd-redirect } drop",
  "udp sport 67 udp dport 68 drop",
  "udp sport 547 udp dport 546 drop",
];

/**
 * The plugin `portmap` lets the bridge pass on what is for the loopback, so that a node reaches hostPorts of its own by 127.0.0.1. Pods would come to whatever
 * listens there alone (CVE-2020-8558 did so for nodes' neighbors). Of IPv6 the kernel passes none of that on.
 */
const toLoopback = "ip daddr 127.0.0.0/8 drop";

/** The beginning of the names that the plugin `bridge` gives the ports of pods. */
const podPorts = 'iifname "veth*"';

/**
 * Frames with a tag of VLAN 0, which is none: whoever gets one takes it for a frame without, but rules for what is in it do not see it (CVE-2021-27853). Of a frame
 * with several tags the outermost counts. What is not of the internet may have its tag, since other bridges' ports are named alike and industrial protocols use it.
 */
const hidden = ["", "ether type 8021ad "].map((outer) => `${outer}vlan id 0 vlan type { ip, arp, 8021q, ip6, 8021ad } drop`);

/**
 * No pod says that it is the gateway: to others of its node it could then be whatever they talk to. Only a table of bridges sees that. Ports are known by the beginning of their names;
 * those of other bridges lose nothing by it, since no one there is this gateway either.
 */
export function gatewayGuard(own: OwnNetwork): TableItem {
  const gateways = own.subnets.map((subnet) => toAddress(gatewayOf(subnet)));
  const six = gateways.filter(({ family }) => family === 6);
  return {
    family: "bridge",
    sets: families.map((family) => addressSet("gateways", family, gateways)),
    chains: [
      {
        name: "from_pods",
        hook: "type filter hook prerouting priority filter; policy accept;",
        rules: [
          ...hidden,
          "arp saddr ip @gateways4 drop",
          "ip saddr @gateways4 drop",
          "ip6 saddr @gateways6 drop",
          // The target of an advertisement stands 8 bytes into it (RFC 4861, 4.4); of a set nft 1.0.6 cannot ask that.
          ...six.map(({ value }) => `icmpv6 type nd-neighbor-advert @th,64,128 0x${value.toString(16)} drop`),
        ].map((rule) => `${podPorts} ${rule}`),
      },
    ],
  };
}

/**
 * What may come from pods: packets with addresses of this node's pods, and none that look like a tunnel's. Of IPv6 also those without an address that
 * goes beyond the link, which pods need to find their neighbors. And nothing that steers others: neither router advertisements (CVE-2020-10749) nor answers of DHCP servers. Before connection tracking, so that what is dropped costs nothing.
 */
export function podGuard(own: OwnNetwork, tunnels: readonly VxlanLink[]): NftChain {
  const from = `iifname "${own.bridge}"`;
  return {
    name: "from_pods",
    hook: "type filter hook prerouting priority raw; policy accept;",
    rules: [
      `${from} ip saddr != @local4 drop`,
      `${from} ip6 saddr != @local6 ip6 saddr != { ::, fe80::/10 } drop`,
      `${from} ${toLoopback}`,
      ...notFromPods.map((rule) => `${from} ${rule}`),
      ...tunnels.map((link) => {
        const family = underlayOf(link);
        return `${from} ${languages[family].header} daddr @nodes${family} meta l4proto 17 ${ourVxlan} drop`;
      }),
    ],
  };
}

/**
 * Packets of tunnels come from nodes only. And they are not tracked, so that no rule of somebody else gives them other addresses: kernels before 5.7 then
 * sent them with a wrong checksum (kubernetes#88986).
 */
export function tunnelGuards(tunnels: readonly VxlanLink[]): NftChain[] {
  if (tunnels.length === 0) return [];
  const rules = (rule: (family: Family, header: string, port: number) => string) =>
    tunnels.map((link) => rule(underlayOf(link), languages[underlayOf(link)].header, link.tunnel.port));
  return [
    {
      name: "to_tunnels",
      hook: "type filter hook input priority filter; policy accept;",
      rules: rules((family, header, port) => `${header} saddr != @nodes${family} udp dport ${port} ${ourVxlan} drop`),
    },
    {
      name: "untracked_in",
      hook: "type filter hook prerouting priority raw; policy accept;",
      rules: rules((family, header, port) => `${header} saddr @nodes${family} udp dport ${port} ${ourVxlan} notrack`),
    },
    {
      name: "untracked_out",
      hook: "type filter hook output priority raw; policy accept;",
      rules: rules((family, header) => `${header} daddr @nodes${family} meta l4proto 17 ${ourVxlan} notrack`),
    },
  ];
}

/** The family of the addresses that a tunnel runs between. */
export function underlayOf({ tunnel: { local = "" } }: VxlanLink): Family {
  return parseAddress(local)?.family ?? 4;
}
