import type { FirewallCondition, FirewallRule, ForwardHook } from "../../lib/linux/firewall-rules.ts";
import { type Family, parseAddress } from "../../lib/net/address.ts";
import { containsPrefix, isPrefixProblem, type Prefix, parsePrefix, prefixesOverlap } from "../../lib/net/prefix.ts";

/** Packets of pods as a node forwards them. What is not known of them, no rule is sure to be about. */
interface Packets {
  readonly family: Family;
  readonly iifname?: string;
  readonly oifname?: string;
  readonly saddr?: Prefix;
  readonly daddr?: Prefix;
}

/** Where packets of pods go and come from. */
export interface ForwardPath {
  readonly bridge: string;
  readonly subnets: readonly Prefix[];
  /** The device to other nodes, where it is known. */
  readonly uplink: string | undefined;
}

/** nftables' family → the families of addresses that it sees. */
const sees: Readonly<Record<string, readonly Family[]>> = { ip: [4], ip6: [6], inet: [4, 6] };

/**
 * The chains that drop what pods send to other nodes or get from there, each as a sentence with its remedy. Only rules that are for such packets without any doubt count; one that may be for others alone,
 * or cannot be read in full, is passed over, whatever it does with them.
 */
export function closedForwardPaths(hooks: readonly ForwardHook[], path: ForwardPath): string[] {
  return hooks.flatMap((hook) =>
    (sees[hook.family] ?? []).some((family) => isClosed(hook, path, family)) ? [sentence(hook, path.bridge)] : [],
  );
}

function isClosed(hook: ForwardHook, { bridge, subnets, uplink }: ForwardPath, family: Family): boolean {
  const far = uplink === undefined ? {} : { far: uplink };
  return subnets
    .filter((subnet) => subnet.family === family)
    .some((subnet) => {
      const out: Packets = { family, iifname: bridge, saddr: subnet, ...("far" in far && { oifname: far.far }) };
      const back: Packets = { family, oifname: bridge, daddr: subnet, ...("far" in far && { iifname: far.far }) };
      return [out, back].some((packets) => (verdictOf(hook, hook.chain, packets, 0) ?? hook.policy) === "drop");
    });
}

/** So deep a kernel lets chains call each other. */
const deepest = 16;

/** Undefined: the chain's end was reached. */
function verdictOf(hook: ForwardHook, chain: string, packets: Packets, depth: number): "accept" | "drop" | undefined {
  if (depth > deepest) return undefined;
  for (const rule of hook.chains.get(chain) ?? []) {
    if (!isFor(rule, packets)) continue;
    if (rule.verdict === "accept" || rule.verdict === "drop") return rule.verdict;
    if (rule.verdict === "return") return undefined;
    if (rule.target === undefined) continue;
    const found = verdictOf(hook, rule.target, packets, depth + 1);
    if (found !== undefined || rule.verdict === "goto") return found;
  }
  return undefined;
}

function isFor({ conditions, isWhole }: FirewallRule, packets: Packets): boolean {
  return isWhole && conditions.every((condition) => holds(condition, packets));
}

function holds({ of, isNot, values }: FirewallCondition, packets: Packets): boolean {
  const has = of === "family" ? familyNames[packets.family] : packets[of];
  if (has === undefined) return false;
  if (typeof has === "string") return values.some((value) => isNamed(has, value)) !== isNot;
  const named = values.map(prefixIn);
  if (!isNot) return named.some((prefix) => prefix !== undefined && containsPrefix(prefix, has));
  return named.every((prefix) => prefix !== undefined && !prefixesOverlap(prefix, has));
}

const familyNames = { 4: "ip", 6: "ip6" } as const;

function isNamed(name: string, pattern: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function prefixIn(text: string): Prefix | undefined {
  const prefix = parsePrefix(parseAddress(text) === undefined ? text : `${text}/${text.includes(":") ? 128 : 32}`);
  return isPrefixProblem(prefix) ? undefined : prefix;
}

function sentence({ family, table, chain, policy }: ForwardHook, bridge: string): string {
  return `the firewall's chain ${family} ${table} ${chain} (policy ${policy}) drops packets of pods, as far as its rules can be read; ${remedy(family, table, chain, bridge)}`;
}

/** In the words of the tool that made the table, where that is known by its name. */
function remedy(family: string, table: string, chain: string, bridge: string): string {
  if (table === "firewalld")
    return `run "firewall-cmd --permanent --zone=trusted --add-interface=${bridge}" and "firewall-cmd --reload"`;
  const iptables = { ip: "iptables", ip6: "ip6tables" }[family];
  if (iptables !== undefined && table === "filter" && chain === "FORWARD")
    return `run "${iptables} -I FORWARD -i ${bridge} -j ACCEPT" and "${iptables} -I FORWARD -o ${bridge} -j ACCEPT", and have it done at boot`;
  const rule = (direction: string) => `"nft insert rule ${family} ${table} ${chain} ${direction} ${bridge} accept"`;
  return `run ${rule("iifname")} and ${rule("oifname")}, and have it done at boot`;
}
