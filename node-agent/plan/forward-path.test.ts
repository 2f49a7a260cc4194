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
    "the firewall's chain ip filter FORWARD (policy drop) has no rule that lets packets of pods pass; " +
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
