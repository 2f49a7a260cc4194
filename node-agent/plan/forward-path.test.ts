import assert from "node:assert/strict";
import { test } from "node:test";
import { forwardTables, parseForwardHooks } from "../../lib/linux/firewall-rules.ts";
import { UnexpectedOutput } from "../../lib/linux/kinds/output.ts";
import { toPrefix } from "../../lib/net/prefix.ts";
import { recorded } from "../../test/support/recorded.ts";
import { closedForwardPaths } from "./forward-path.ts";

const path = { bridge: "cni0", subnets: [toPrefix("10.244.1.0/24"), toPrefix("fd00:10:244:1::/64")], uplink: "eth0" };
const hooks = (table: string) => parseForwardHooks(recorded(`nft-1.0.6/list-table-${table}.json`));
const closed = (table: string, part: Partial<typeof path> = {}) => closedForwardPaths(hooks(table), { ...path, ...part });

test("the tables that see forwarded packets are found, ours left out", () => {
  assert.deepEqual(forwardTables(recorded("nft-1.0.6/list-chains.json"), "podnet"), [
    { family: "ip", table: "filter" },
    { family: "ip6", table: "filter" },
    { family: "inet", table: "firewalld" },
  ]);
});

test("a chain that drops by policy what no rule is for is named with the commands that open it", () => {
  assert.deepEqual(closed("ip-filter"), [
    "the firewall's chain ip filter FORWARD (policy drop) drops packets of pods, as far as its rules can be read; " +
      'run "iptables -I FORWARD -i cni0 -j ACCEPT" and "iptables -I FORWARD -o cni0 -j ACCEPT", and have it done at boot',
  ]);
});

test("a chain that lets both directions pass is not named, by names of interfaces or by prefixes; one direction alone is not enough", () => {
  assert.deepEqual(closed("ip6-filter"), []);
  assert.equal(closed("ip6-filter", { bridge: "br0" }).length, 1, "only what comes back is let pass");
  assert.equal(closed("ip6-filter", { subnets: [toPrefix("fd00:99::/64")] }).length, 1, "only what is sent is let pass");
  assert.deepEqual(closed("ip6-filter", { subnets: [toPrefix("10.244.1.0/24")] }), [], "a family without pods");
});

test("a chain that rejects at its end is named in the words of the firewall that made it", () => {
  assert.match(closed("inet-firewalld")[0] ?? "", /firewall-cmd --permanent --zone=trusted --add-interface=cni0/);
  assert.deepEqual(closed("inet-firewalld", { bridge: "lo", uplink: "lo", subnets: [toPrefix("10.244.1.0/24")] }), []);
});

test("interfaces are known by index as well as by name", () => {
  const closedIn = (chain: string, part: Partial<typeof path> = {}) =>
    closedForwardPaths(
      hooks("inet-site").filter((hook) => hook.chain === chain),
      { ...path, ...part },
    ).length;
  assert.equal(closedIn("byIndex"), 0);
  assert.equal(closedIn("byIndex", { bridge: "br0" }), 1, "none of the rules is for that bridge");
  assert.equal(closedIn("byProtocol"), 1, "of IPv6, what comes back is dropped");
  assert.equal(closedIn("byProtocol", { uplink: "wan0" }), 0);
  assert.equal(closedIn("byProtocol", { subnets: [toPrefix("10.244.1.0/24")] }), 0, "IPv4 is let pass as such");
});

test("a rule about one family's addresses is not about the other's, and one of other layers is taken as for others", () => {
  const chains = (subnet: string) =>
    hooks("inet-site")
      .filter(({ policy }) => policy === "accept")
      .filter((hook) => closedForwardPaths([hook], { ...path, subnets: [toPrefix(subnet)] }).length > 0)
      .map(({ chain }) => chain);
  assert.deepEqual(chains("10.244.1.0/24"), []);
  assert.deepEqual(chains("fd00:10:244:1::/64"), []);
  assert.deepEqual(chains("172.16.0.0/24"), ["otherFamily"], "ip daddr != { 10.0.0.0/8, 192.168.0.0/16 }");
  assert.deepEqual(chains("10.0.0.0/7"), [], "of some of these packets the rule is not");
  assert.deepEqual(chains("fd00:99::/64"), ["otherFamily"]);
});

test("a rule for as many packets as a limit or quota has room for is taken as for others", () => {
  for (const narrowing of [
    { limit: { rate: 10, per: "second" } },
    { quota: { val: 1, val_unit: "mbytes" } },
    { "ct count": { val: 9 } },
  ]) {
    const rule = { family: "ip", table: "filter", chain: "FORWARD", expr: [narrowing, { accept: null }] };
    const chain = { family: "ip", table: "filter", name: "FORWARD", hook: "forward", policy: "drop" };
    const limited = parseForwardHooks(JSON.stringify({ nftables: [{ chain }, { rule }] }));
    assert.equal(closedForwardPaths(limited, path).length, 1, JSON.stringify(narrowing));
  }
});

test("a rule about connections, sets or maps is taken as for others", () => {
  const hook = hooks("ip-filter")[0] ?? assert.fail();
  const doubtful = { conditions: [], isWhole: false, verdict: "accept" as const };
  assert.equal(closedForwardPaths([{ ...hook, chains: new Map([["FORWARD", [doubtful]]]) }], path).length, 1);
  const loop = { conditions: [], isWhole: true, verdict: "jump" as const, target: "FORWARD" };
  assert.equal(closedForwardPaths([{ ...hook, chains: new Map([["FORWARD", [loop]]]) }], path).length, 1, "a loop ends");
});

test("what is no listing is refused", () => {
  for (const text of ["", "[]", '{"nftables": [{"chain": {"hook": "forward", "family": 7}}]}'])
    assert.throws(() => parseForwardHooks(text), UnexpectedOutput, text);
});
