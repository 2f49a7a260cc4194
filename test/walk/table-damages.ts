import { type Damage, run } from "./act.ts";
import type { Chance } from "../simulation/chance.ts";

/** Commands of nft made of one line of the listing that fits. */
const onListing =
  (pattern: RegExp, command: (found: RegExpExecArray, chance: Chance) => string): Damage =>
  async ({ exec }, chance) => {
    const { stdout } = await exec.run(["nft", "-a", "list", "table", "inet", "podnet"]);
    const found = [...stdout.matchAll(pattern)];
    return found.length === 0 ? undefined : run(exec, ["nft", "-f", "-"], `${command(chance.pick(found), chance)}\n`);
  };
const nft =
  (command: string): Damage =>
  async ({ exec }) =>
    run(exec, ["nft", "-f", "-"], `${command}\n`);
const chainAndRule = /chain (\w+) \{(?:(?!\n\t\})[^])*?\n\t\t(?!type)[^\n]*# handle (\d+)/g;

/** What is done to nftables tables. */
export const tableDamages: Readonly<Record<string, Damage>> = {
  "a rule goes": onListing(chainAndRule, ([, chain, handle]) => `delete rule inet podnet ${chain} handle ${handle}`),
  "a rule is another one": onListing(
    chainAndRule,
    ([, chain, handle]) => `replace rule inet podnet ${chain} handle ${handle} ip daddr 10.9.9.9 counter accept`,
  ),
  "a rule comes first": onListing(/chain (\w+) \{/g, ([, chain]) => `insert rule inet podnet ${chain} ip saddr 10.9.9.9 accept`),
  "a chain is emptied": onListing(/chain (\w+) \{/g, ([, chain]) => `flush chain inet podnet ${chain}`),
  "a chain lets nothing pass": onListing(
    /chain (\w+) \{[^\n]*\n\t\t(type [^;]*);/g,
    ([, chain, hook]) => `add chain inet podnet ${chain} { ${hook}; policy drop; }`,
  ),
  "an element of a set goes": onListing(
    /set (\w+) \{[^}]*elements = \{ ([^\s,]+)/g,
    ([, set, element]) => `delete element inet podnet ${set} { ${element} }`,
  ),
  "an element that nobody wants is added": onListing(
    /set (\w+4) \{/g,
    ([, set]) => `add element inet podnet ${set} { 203.0.113.7 }`,
  ),
  "a set is emptied": onListing(/set (\w+) \{/g, ([, set]) => `flush set inet podnet ${set}`),
  "a set that nobody wants is made": nft("add set inet podnet stray { type ipv4_addr; flags timeout; }"),
  "a map that nobody wants is made": nft("add map inet podnet stray2 { type ipv4_addr : verdict; }"),
  "a chain that nobody wants is made": nft(
    "add chain inet podnet stray3 { type filter hook forward priority 7; policy accept; }",
  ),
  "the table goes": nft("delete table inet podnet"),
  "the table sleeps": nft("add table inet podnet { flags dormant; }"),
  "a table with our name of another family is made": nft("add table bridge podnet\nadd chain bridge podnet c"),
};
