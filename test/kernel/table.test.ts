import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { hasPodAddresses } from "../../cni/plan/conflist.ts";
import { commandWorld } from "../../lib/linux/command-world.ts";
import { renderTable, type TableItem, tableKind } from "../../lib/linux/kinds/table.ts";
import { type Address, addressBits, type Family } from "../../lib/net/address.ts";
import { type Prefix, prefixAround, prefixesOverlap } from "../../lib/net/prefix.ts";
import { converge } from "../../lib/reconcile/converge.ts";
import type { Claim } from "../../node-agent/plan/claim.ts";
import { nodeTables } from "../../node-agent/plan/tables.ts";
import type { OwnNetwork } from "../../node-agent/plan/own-network.ts";
import { makeNetns, must } from "../support/netns.ts";
import { tunnelSample } from "../support/tunnel-sample.ts";

const family = fc.constantFrom<Family>(4, 6);
const address = family.chain((of) =>
  // Above the addresses that are written in a form of their own, such as ::ffff:10.0.0.1.
  fc
    .bigInt({ min: of === 4 ? 1n << 24n : 1n << 120n, max: (1n << BigInt(addressBits(of))) - 1n })
    .map((value): Address => ({ family: of, value })),
);
const prefix = fc
  .tuple(address, fc.integer({ min: 4, max: 128 }))
  .map(([inside, length]): Prefix => prefixAround(inside, Math.min(length, addressBits(inside.family))));

const own = fc.record<Pick<OwnNetwork, "subnets" | "podRanges" | "addresses" | "unmasqueraded">>(
  {
    subnets: fc.uniqueArray(prefix.filter(hasPodAddresses), { minLength: 1, maxLength: 4, comparator: prefixesOverlap }),
    podRanges: fc.array(prefix, { maxLength: 4 }),
    addresses: fc.array(address, { maxLength: 2 }),
    unmasqueraded: fc.array(prefix, { maxLength: 3 }),
  },
  { noNullPrototype: true },
);
const claim = fc.record<Claim>(
  {
    name: fc.constant("claim"),
    node: fc.constant("peer"),
    nodeUID: fc.constant("uid-peer"),
    state: fc.constant("Active" as const),
    prefix,
    nextHops: fc.array(address, { maxLength: 2 }),
    nodeAddresses: fc.array(address, { maxLength: 2 }),
  },
  { noNullPrototype: true },
);
const tunnels = ["192.168.1.11", "fd00::11"].map((local, n) => {
  const name = `podnet-vxlan${n === 0 ? 4 : 6}`;
  return tunnelSample({ name, tunnel: { id: 244, port: 4789, local } });
});
const settings = {
  configGeneration: 1,
  nodeUID: "uid",
  open: [],
  fixedMtu: undefined,
  masquerade: true,
  tunnel: undefined,
  bridge: "cni0",
  confName: "10-podnet.conflist",
  hairpin: true,
  portMap: true,
  bandwidth: false,
} as const;

test("every table that an agent plans is loaded, and listed as it was wanted", async (t) => {
  const { exec } = await makeNetns(t, "table");
  const world = commandWorld(tableKind, exec);
  await fc.assert(
    fc.asyncProperty(own, fc.array(claim, { maxLength: 20 }), fc.subarray(tunnels), async (network, claims, some) => {
      const want = nodeTables({ ...settings, ...network }, claims, some);
      assert.deepEqual((await converge(tableKind, want, world)).errors, []);
      assert.deepEqual((await converge(tableKind, want, world)).steps, []);
    }),
    { numRuns: 40 },
  );
});

test("what is rendered is, but for the order and breaking of elements, what nft lists", async (t) => {
  const { exec } = await makeNetns(t, "table");
  const table: TableItem = {
    family: "inet",
    sets: [
      { name: "one", type: "ipv4_addr", flags: ["interval"], elements: ["10.244.0.0/16"] },
      { name: "none", type: "ipv6_addr", flags: [], elements: [] },
    ],
    chains: [
      {
        name: "postrouting",
        hook: "type nat hook postrouting priority srcnat; policy accept;",
        rules: ["ip saddr @one ip daddr != @one masquerade fully-random"],
      },
      { name: "own", rules: ["ip6 daddr @none return", 'oifname "cni0" accept'] },
    ],
  };
  await converge(tableKind, [table], commandWorld(tableKind, exec));
  const withoutEmptyLines = (text: string) => text.replaceAll(/\n+/g, "\n");
  assert.equal(withoutEmptyLines(await must(exec, ["nft", "-s", "list", "table", "inet", "podnet"])), renderTable(table));
});

test("a table of 5,000 nodes is loaded and compared", async (t) => {
  const { exec } = await makeNetns(t, "table");
  const world = commandWorld(tableKind, exec);
  const elements = Array.from({ length: 5000 }, (_, n) => `192.168.${n >> 8}.${n & 255}`);
  const want: TableItem[] = [{ family: "inet", sets: [{ name: "nodes4", type: "ipv4_addr", flags: [], elements }], chains: [] }];
  for (const [what, expected] of [
    ["loaded", 1],
    ["found as wanted", 0],
  ] as const) {
    const start = performance.now();
    const { steps, errors } = await converge(tableKind, want, world);
    t.diagnostic(`a table of 5,000 nodes ${what}: ${Math.round(performance.now() - start)} ms`);
    assert.deepEqual({ steps: steps.length, errors }, { steps: expected, errors: [] });
  }
});
