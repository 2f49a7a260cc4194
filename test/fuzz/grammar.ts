import assert from "node:assert/strict";
import type { Batch, BatchLine } from "../../lib/linux/kinds/node-kind.ts";

/** What Linux takes as the name of an interface, but for what could end a word, a line or a comment, or begin an option. */
const name = String.raw`[^\s\p{Cc}/:"'\\#;-][^\s\p{Cc}/:"'\\#;]{0,14}`;
const address = String.raw`[0-9a-fA-F.:]{2,45}`;
const prefix = String.raw`${address}\/\d{1,3}`;
const mac = String.raw`(?:[0-9a-f]{2}:){5}[0-9a-f]{2}`;
const number = String.raw`\d{1,16}`;

/** Whatever may stand in the input of `ip -batch`, a kernel kind each. */
const ipLines: readonly RegExp[] = [
  String.raw`link delete dev ${name}`,
  String.raw`link add name podnet-new address ${mac} type bridge`,
  String.raw`link set dev podnet-new alias podnet`,
  String.raw`link set dev podnet-new name ${name}`,
  String.raw`link add name podnet-new address ${mac} type vxlan id 244 dstport \d{1,5} nolearning local ${address}`,
  String.raw`link set dev ${name}(?: address ${mac})?(?: mtu ${number})?(?: addrgenmode none)?(?: (?:up|down))?`,
  String.raw`link set dev ${name} (?:master ${name}|type bridge_slave hairpin (?:on|off))`,
  String.raw`address (?:add|delete) ${prefix} dev ${name}(?: nodad)?`,
  String.raw`neighbor replace ${address} lladdr ${mac} dev podnet-vxlan[46] nud permanent protocol 244`,
  String.raw`neighbor delete ${address} dev podnet-vxlan[46]`,
  String.raw`nexthop (?:add|replace) id ${number} via ${address} dev ${name}(?: onlink)? proto 244`,
  String.raw`nexthop delete id ${number}`,
  String.raw`route (?:add|replace|delete) ${prefix}(?: nhid ${number}|(?: via (?:inet6 )?${address})?(?: dev ${name})?(?: onlink)?)(?: src ${address})?(?: metric ${number})?(?: tos \w{1,16})? proto 244`,
].map((text) => new RegExp(`^${text}$`, "u"));

/** Whatever may stand in the input of `bridge -batch`. */
const bridgeLines: readonly RegExp[] = [
  String.raw`fdb (?:replace|delete) ${mac} dev podnet-vxlan[46](?: dst ${address})?(?: port \d{1,5})? self(?: permanent)?`,
].map((text) => new RegExp(`^${text}$`, "u"));

const element = String.raw`${address}(?:\/\d{1,3})?`;

const ourVxlan = "@th,96,24 0xf4";

/** What no pod may send, as rules say it. */
const fromPods = [
  String.raw`ip saddr != @local4`,
  String.raw`ip6 saddr != @local6 ip6 saddr != \{ ::, fe80::\/10 \}`,
  String.raw`ip daddr 127\.0\.0\.0\/8`,
  String.raw`icmpv6 type \{ nd-router-advert, nd-redirect \}`,
  String.raw`udp sport (?:67|547) udp dport (?:68|546)`,
  String.raw`ip6? daddr @nodes[46] meta l4proto 17 ${ourVxlan}`,
];

/** The same at the ports of bridges. */
const fromPorts = [
  String.raw`(?:ether type 8021ad )?vlan id 0 vlan type \{ ip, arp, 8021q, ip6, 8021ad \}`,
  String.raw`(?:arp saddr ip|ip saddr|ip6 saddr) @gateways[46]`,
  String.raw`icmpv6 type nd-neighbor-advert @th,64,128 0x[0-9a-f]{1,32}`,
];

/** Whatever may stand in a line of what `nft -f -` loads. */
const nftLines: readonly RegExp[] = [
  String.raw`(?:delete )?table (?:inet|bridge) podnet`,
  String.raw`table (?:inet|bridge) podnet \{`,
  String.raw`\t?\}`,
  String.raw`\tset (?:local|pods|nodes|excluded|gateways)[46] \{`,
  String.raw`\t\ttype ipv[46]_addr`,
  String.raw`\t\tflags interval`,
  String.raw`\t\telements = \{ ${element}(?:, ${element})* \}`,
  String.raw`\tchain (?:postrouting|from_pods|to_tunnels|untracked_in|untracked_out) \{`,
  String.raw`\t\ttype filter hook (?:prerouting|input|output) priority (?:raw|filter); policy accept;`,
  String.raw`\t\tiifname "[a-z][a-z0-9-]{0,14}" (?:${fromPods.join("|")}) drop`,
  String.raw`\t\tiifname "veth\*" (?:${fromPorts.join("|")}) drop`,
  String.raw`\t\tip6? saddr != @nodes[46] udp dport \d{1,5} ${ourVxlan} drop`,
  String.raw`\t\tip6? (?:saddr @nodes[46] udp dport \d{1,5}|daddr @nodes[46] meta l4proto 17) ${ourVxlan} notrack`,
  String.raw`\t\ttype nat hook postrouting priority srcnat; policy accept;`,
  String.raw`\t\tip6? saddr @local[46] ip6? daddr != @pods[46] ip6? daddr != @nodes[46](?: ip6? daddr != @excluded[46])? ip6? daddr != [0-9a-f.:]+\/\d oifname != "[a-z][a-z0-9-]{0,14}" masquerade fully-random`,
  "",
].map((text) => new RegExp(`^${text}$`));

const sysctlPath = new RegExp(
  String.raw`^net\/(?:ipv4\/ip_forward|ipv6\/conf\/all\/forwarding|ipv[46]\/conf\/${name}\/[a-z0-9_]+|bridge\/bridge-nf-call-ip6?tables)$`,
  "u",
);
const confFile = /^\/etc\/cni\/net\.d\/[^/\0]+$/;

/** The commands that write batches, as they are run. */
const commands: ReadonlyMap<string, readonly RegExp[]> = new Map([
  ["ip -force -batch -", ipLines],
  ["bridge -force -batch -", bridgeLines],
  ["nft -f -", nftLines],
]);

/** Every line of every batch is one that we mean to write, and nothing stands in its command but what always does. */
export function assertBatches(
  batches: readonly (Pick<Batch<unknown>, "argv"> & { readonly lines: readonly Pick<BatchLine<unknown>, "text">[] })[],
): number {
  let lines = 0;
  for (const { argv, lines: all } of batches) {
    const grammar = commands.get(argv.join(" ")) ?? assert.fail(`${argv.join(" ")} is no command of ours`);
    for (const { text } of all)
      for (const line of argv[0] === "nft" ? text.split("\n") : [text]) {
        assert.ok(
          grammar.some((form) => form.test(line)),
          `${JSON.stringify(line.slice(0, 300))} is no line of ours`,
        );
        lines++;
      }
  }
  return lines;
}

/** Only settings that we mean are named, and no other file. */
export function assertSysctl({ path, value }: { readonly path: string; readonly value: string }): void {
  assert.match(path, sysctlPath);
  assert.ok(!path.split("/").includes(".."), path);
  assert.match(value, /^\d$/);
}

/** A file of ours lies in the folder itself. */
export function assertConfPath(path: string): void {
  assert.match(path, confFile);
  assert.ok(!path.endsWith("/..") && !path.endsWith("/."), path);
}
