import assert from "node:assert/strict";
import type { Batch } from "../../lib/linux/kinds/node-kind.ts";

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
  String.raw`link set dev ${name} address ${mac} mtu ${number} (?:up|down)`,
  String.raw`address (?:add|delete) ${prefix} dev ${name}(?: nodad)?`,
  String.raw`nexthop (?:add|replace) id ${number} via ${address} dev ${name} proto 244`,
  String.raw`nexthop delete id ${number}`,
  String.raw`route (?:add|replace|delete) ${prefix}(?: nhid ${number}|(?: via (?:inet6 )?${address})?(?: dev ${name})?)(?: metric ${number})?(?: tos \w{1,16})? proto 244`,
].map((text) => new RegExp(`^${text}$`, "u"));

const element = String.raw`${address}(?:\/\d{1,3})?`;

/** Whatever may stand in a line of what `nft -f -` loads. */
const nftLines: readonly RegExp[] = [
  String.raw`(?:delete )?table (?:inet|bridge) podnet`,
  String.raw`table (?:inet|bridge) podnet \{`,
  String.raw`\t?\}`,
  String.raw`\tset (?:local|pods|nodes)[46] \{`,
  String.raw`\t\ttype ipv[46]_addr`,
  String.raw`\t\tflags interval`,
  String.raw`\t\telements = \{ ${element}(?:, ${element})* \}`,
  String.raw`\tchain postrouting \{`,
  String.raw`\t\ttype nat hook postrouting priority srcnat; policy accept;`,
  String.raw`\t\tip6? saddr @local[46] ip6? daddr != @pods[46] ip6? daddr != @nodes[46] ip6? daddr != [0-9a-f.:]+\/\d oifname != "[a-z][a-z0-9-]{0,14}" masquerade fully-random`,
  "",
].map((text) => new RegExp(`^${text}$`));

const sysctlPath = new RegExp(
  String.raw`^net\/(?:ipv4\/ip_forward|ipv6\/conf\/all\/forwarding|ipv[46]\/conf\/${name}\/[a-z0-9_]+|bridge\/bridge-nf-call-ip6?tables)$`,
  "u",
);
const confFile = /^\/etc\/cni\/net\.d\/[^/\0]+$/;

/** The commands that write batches, as they are run. */
const commands: readonly string[] = ["ip -force -batch -", "nft -f -"];

/** Every line of every batch is one that we mean to write, and nothing stands in its command but what always does. */
export function assertBatches(batches: readonly Batch<unknown>[]): number {
  let lines = 0;
  for (const { argv, lines: all } of batches) {
    assert.ok(commands.includes(argv.join(" ")), `${argv.join(" ")} is no command of ours`);
    const grammar = argv[0] === "ip" ? ipLines : nftLines;
    for (const { text } of all)
      for (const line of argv[0] === "ip" ? [text] : text.split("\n")) {
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
