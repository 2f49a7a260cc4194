import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { recorded } from "../../../test/support/recorded.ts";
import { Bug } from "../../reconcile/bug.ts";
import { diff } from "../../reconcile/diff.ts";
import { UnexpectedOutput } from "./output.ts";
import { renderTable, type TableItem, tableKind } from "./table.ts";

const hook = "type nat hook postrouting priority srcnat; policy accept;";
const table: TableItem = {
  family: "inet",
  sets: [
    { name: "pods4", type: "ipv4_addr", flags: ["interval"], elements: ["10.244.0.0/16", "192.168.1.11"] },
    { name: "none", type: "ipv6_addr", flags: [], elements: [] },
  ],
  chains: [{ name: "postrouting", hook, rules: ["ip saddr @pods4 ip daddr != @pods4 masquerade"] }],
};
const parse = (listing: string) => tableKind.parse([listing, ""])[0];

test("a listing is read with its sets and chains, wrapped lines made whole, and all else named as odd", () => {
  assert.deepEqual(tableKind.parse([recorded("nft-1.0.6/list-table-inet.txt"), recorded("nft-1.0.6/list-table-bridge.txt")]), [
    {
      family: "inet",
      sets: [
        {
          name: "pods4",
          type: "ipv4_addr",
          flags: ["interval"],
          elements:
            "10.1.0.0/24 10.1.1.0/24 10.3.0.0/24 10.4.0.0/24 10.5.0.0/24 10.6.0.0/24 10.7.0.0/24 10.9.9.9 10.244.0.0/16".split(
              " ",
            ),
        },
        { name: "pods6", type: "ipv6_addr", flags: ["interval"], elements: ["fd00:10:244::/48", "fd00:99::1"] },
        { name: "empty", type: "ipv4_addr", flags: ["interval"], elements: [] },
        { name: "timed", type: "ipv4_addr", flags: [], elements: ["10.0.0.1 timeout 1h"] },
      ],
      chains: [
        { name: "sub", rules: [] },
        {
          name: "postrouting",
          hook,
          rules: [
            'ip saddr @pods4 ip daddr != @pods4 fib daddr type != local oifname != "cni0" masquerade fully-random comment "a { b"',
            "ip6 saddr @pods6 ip6 daddr != @pods6 counter masquerade",
            "ip saddr { 10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16, 198.18.0.0/15, 198.51.100.0/24, 203.0.113.0/24 } return",
          ],
        },
      ],
      oddities: ["set timed: timeout 5m", "map m"],
    },
    {
      family: "bridge",
      sets: [],
      chains: [
        {
          name: "forward",
          hook: "type filter hook forward priority filter; policy accept;",
          rules: ["ether saddr 02:00:00:00:00:01 accept"],
        },
      ],
    },
  ]);
});

test("no table is read from the empty output of a missing one", () => {
  assert.deepEqual(tableKind.parse(["", ""]), []);
});

test("what is rendered reads back as it was", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,9}$/);
  const set = fc.record(
    {
      name,
      type: fc.constantFrom("ipv4_addr", "ipv6_addr", "ipv4_addr . inet_service"),
      flags: fc.constantFrom([], ["interval"], ["constant", "interval"]),
      elements: fc.uniqueArray(fc.ipV4()),
    },
    { noNullPrototype: true },
  );
  const rule = fc.constantFrom("accept", "ip daddr { 10.0.0.1, 10.0.0.2 } drop", 'oifname != "cni0" masquerade');
  const chain = fc.record(
    { name, hook: fc.constant(hook), rules: fc.array(rule) },
    { requiredKeys: ["name", "rules"], noNullPrototype: true },
  );
  const byName = { selector: (item: { name: string }) => item.name, maxLength: 4 };
  fc.assert(
    fc.property(fc.uniqueArray(set, byName), fc.uniqueArray(chain, byName), (sets, chains) => {
      const item: TableItem = { family: "inet", sets, chains };
      const read = parse(renderTable(item));
      assert.deepEqual(read, item);
      assert.deepEqual(diff(tableKind, [item], [item]), []);
    }),
  );
});

test("every way in which a listing can differ is told in words", () => {
  const set = table.sets[0] ?? assert.fail();
  const chain = table.chains[0] ?? assert.fail();
  const withSet = (change: object): TableItem => ({ ...table, sets: [{ ...set, ...change }, ...table.sets.slice(1)] });
  const cases: [TableItem, string | undefined][] = [
    [table, undefined],
    [{ ...table, sets: table.sets.toReversed() }, undefined],
    [withSet({ elements: ["192.168.1.11", "10.244.0.0/16"] }), undefined],
    [{ ...table, sets: table.sets.slice(1) }, "set pods4 is missing"],
    [{ ...table, chains: [...table.chains, { name: "extra", rules: [] }] }, "chain extra is not wanted"],
    [withSet({ type: "ipv6_addr" }), "set pods4: type ipv6_addr, wanted ipv4_addr"],
    [withSet({ flags: [] }), "set pods4: flags none, wanted interval"],
    [withSet({ elements: ["10.244.0.0/16"] }), "set pods4: 192.168.1.11 is missing"],
    [withSet({ elements: [...set.elements, "10.9.9.9"] }), "set pods4: 10.9.9.9 is not wanted"],
    [{ ...table, chains: [{ ...chain, rules: [] }] }, `chain postrouting: rule 1 is "missing", wanted "${chain.rules[0]}"`],
    [{ ...table, chains: [{ ...chain, rules: [...chain.rules, "drop"] }] }, 'chain postrouting: rule 2 is "drop", wanted "none"'],
    [{ ...table, chains: [{ name: "postrouting", rules: chain.rules }] }, `chain postrouting: "no hook", wanted "${hook}"`],
    [{ ...table, oddities: ["map m"] }, "map m, not wanted"],
  ];
  for (const [have, reason] of cases) assert.equal(tableKind.differs(table, have), reason);
});

test("an element of one address is the same with and without its prefix length", () => {
  const set = (elements: string[]): TableItem => ({
    family: "inet",
    sets: [{ name: "s", type: "t", flags: [], elements }],
    chains: [],
  });
  assert.equal(
    tableKind.differs(set(["10.0.0.1/32", "fd00::1/128", "fd00:32::/32"]), set(["10.0.0.1", "fd00::1", "fd00:32::/32"])),
    undefined,
  );
});

test("a table is replaced in one transaction, whether it exists or not", () => {
  const [batch] = tableKind.render(diff(tableKind, [table], []));
  assert.deepEqual(batch?.argv, ["nft", "-f", "-"]);
  assert.equal(
    batch?.lines.map((line) => line.text).join("\n"),
    [
      "table inet podnet",
      "delete table inet podnet",
      "table inet podnet {",
      "\tset pods4 {",
      "\t\ttype ipv4_addr",
      "\t\tflags interval",
      "\t\telements = { 10.244.0.0/16, 192.168.1.11 }",
      "\t}",
      "\tset none {",
      "\t\ttype ipv6_addr",
      "\t}",
      "\tchain postrouting {",
      `\t\t${hook}`,
      "\t\tip saddr @pods4 ip daddr != @pods4 masquerade",
      "\t}",
      "}",
      "",
    ].join("\n"),
  );
  assert.deepEqual(
    tableKind.render(diff(tableKind, [], [table])).map((found) => found.lines[0]?.text),
    ["delete table inet podnet"],
  );
});

test("a rule of several lines is a bug, since it could leave its table", () => {
  const item: TableItem = { ...table, chains: [{ name: "postrouting", rules: ["accept\n}\ntable inet other {"] }] };
  assert.throws(() => renderTable(item), Bug);
});

test("a listing of an unknown shape is refused", () => {
  for (const listing of [
    "table ip podnet {\n}\n",
    "table inet podnet {\n\tset s {\n\t\ttype ipv4_addr\n",
    "table inet podnet {\n\tset s {\n\t\tflags interval\n\t}\n}\n",
    "table inet podnet {\n\t\taccept\n}\n",
    "table inet podnet {\n\tset s {\n\t\ttype ipv4_addr\n\t\telements = { 10.0.0.1\n\t}\n}\n",
  ])
    assert.throws(() => parse(listing), UnexpectedOutput, listing);
});
