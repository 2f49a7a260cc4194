import type { Family } from "../../lib/net/address.ts";
import type { VxlanLink } from "../../lib/linux/kinds/link.ts";
import type { SysctlItem } from "../../lib/linux/kinds/sysctl.ts";
import type { NodeFacts } from "./node-facts.ts";
import { familiesOf, type OwnNetwork } from "./own-network.ts";

/**
 * The kernel settings of the node, for the families in use only.
 * Forwarding stands last: turning it on makes the kernel forget default routes it learned from router advertisements,
 * unless the interface was told before to go on listening (`accept_ra` 2).
 */
export function nodeSysctls(own: OwnNetwork, facts: NodeFacts, tunnels: readonly VxlanLink[]): SysctlItem[] {
  const families = familiesOf(own);
  const peers = [...facts.nextHops.values()].flatMap((hop) => ("device" in hop ? [hop.device] : []));
  const ends = tunnels.map(({ name }) => name);
  const devices = [own.bridge, ...ends, ...facts.uplinks.map((uplink) => uplink.device), ...peers];
  return [
    ...families.flatMap((family) =>
      bridgeSettings[family].map(([path, value]) => item(path.replace("<bridge>", own.bridge), value)),
    ),
    ...families.flatMap((family) =>
      ends.flatMap((end) => tunnelSettings[family].map(([path, value]) => item(path.replace("<tunnel>", end), value))),
    ),
    ...(facts.bridgeNetfilter ? families.map((family) => item(netfilterCalls[family], "1")) : []),
    ...(families.includes(6) ? facts.acceptingRa.map((device) => item(`net/ipv6/conf/${device}/accept_ra`, "2")) : []),
    ...families.flatMap((family) => forwarding(family, [...new Set(devices)])),
  ];
}

/** Those of the settings that are about the bridge alone. */
export function bridgeSysctls(own: OwnNetwork): SysctlItem[] {
  const nothing: NodeFacts = { uplinks: [], nextHops: new Map(), bridgeNetfilter: false, acceptingRa: [] };
  return nodeSysctls(own, nothing, []).filter(({ path }) => path.includes(`/${own.bridge}/`));
}

/**
 * Pods are not to steer the host: it takes no redirects and no router advertisements from them (CVE-2020-10749).
 * Two pods of one node that talk through a Service are to go on through the host: it tells them no shorter way. That needs `all` as well, since
 * either of the two turns redirects on; the settings of other interfaces stay as they are.
 * The bridge gets its link-local address when its first pod comes, and the kernel asks for the pods' MAC addresses by that; while it looked whether somebody else has
 * it, a second and more, packets to that pod were lost (`ndisc_solicit` of Linux 6.18 sends nothing without one). Nobody else can: pods do not claim addresses.
 */
const bridgeSettings: Readonly<Record<Family, readonly (readonly [path: string, value: string])[]>> = {
  4: [
    ["net/ipv4/conf/all/send_redirects", "0"],
    ["net/ipv4/conf/<bridge>/send_redirects", "0"],
    ["net/ipv4/conf/<bridge>/accept_redirects", "0"],
  ],
  6: [
    ["net/ipv6/conf/<bridge>/disable_ipv6", "0"],
    ["net/ipv6/conf/<bridge>/accept_ra", "0"],
    ["net/ipv6/conf/<bridge>/accept_redirects", "0"],
    ["net/ipv6/conf/<bridge>/accept_dad", "0"],
  ],
};

/**
 * While two nodes change from direct routes to a tunnel, or back, one of them does so first: what comes by another way than it would go is taken meanwhile.
 * Whom it comes from is looked at by a rule. Not 2, as elsewhere: a device without an address is then as strict as with 1 (__fib_validate_source of Linux 6.18).
 */
const tunnelSettings: Readonly<Record<Family, readonly (readonly [path: string, value: string])[]>> = {
  4: [
    ["net/ipv4/conf/<tunnel>/rp_filter", "0"],
    ["net/ipv4/conf/<tunnel>/send_redirects", "0"],
    ["net/ipv4/conf/<tunnel>/accept_redirects", "0"],
  ],
  6: [
    ["net/ipv6/conf/<tunnel>/disable_ipv6", "0"],
    ["net/ipv6/conf/<tunnel>/accept_ra", "0"],
    ["net/ipv6/conf/<tunnel>/accept_redirects", "0"],
  ],
};

/** Without these, answers between two pods of one node pass the bridge unseen by conntrack, and Services do not work there. */
const netfilterCalls: Readonly<Record<Family, string>> = {
  4: "net/bridge/bridge-nf-call-iptables",
  6: "net/bridge/bridge-nf-call-ip6tables",
};

/** IPv4 asks the interface a packet came in by, IPv6 one switch for all; `ip_forward` is the default for interfaces to come. */
function forwarding(family: Family, devices: readonly string[]): SysctlItem[] {
  if (family === 6) return [item("net/ipv6/conf/all/forwarding", "1")];
  return [item("net/ipv4/ip_forward", "1"), ...devices.map((device) => item(`net/ipv4/conf/${device}/forwarding`, "1"))];
}

function item(path: string, value: string): SysctlItem {
  return { path, value };
}
