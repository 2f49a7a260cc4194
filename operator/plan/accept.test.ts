import assert from "node:assert/strict";
import { test } from "node:test";
import { ledger, networkOf, withLedger } from "../../test/support/plan-snapshot.ts";
import { acceptRanges, isUsable, rangeOf } from "./accept.ts";
import { toPrefix } from "../../lib/net/prefix.ts";

const younger = { meta: { creationTimestamp: "2026-01-01T00:00:01Z" } };
const both = networkOf("both", ["10.244.0.0/16", "fd00:10:244::/48"], younger);

test("only a range that stands in the ledger, open and as it is, is accepted", () => {
  const entry = {
    cidr: "10.244.0.0/16",
    nodePrefixLength: 24,
    network: "both",
    networkUID: "uid-both",
    epoch: 1,
    state: "Open" as const,
  };
  const others = [
    { state: "Closing" as const },
    { networkUID: "uid-other" },
    { nodePrefixLength: 25 },
    { cidr: "10.244.0.0/17" },
  ];
  const accepted = (part: Partial<typeof entry> | Record<string, unknown>) => {
    const snapshot = {
      ledger: ledger({ entries: [{ ...entry, ...part }] }),
      networks: [both],
      nodes: [],
      claims: [],
      records: [],
    };
    return acceptRanges(snapshot)
      .get(both.uid)
      ?.accepted.map(({ cidr }) => cidr);
  };
  assert.deepEqual(accepted({}), ["10.244.0.0/16"]);
  for (const part of others) assert.deepEqual(accepted(part), [], JSON.stringify(part));
  assert.deepEqual(acceptRanges({ ...withLedger({ networks: [both] }), ledger: undefined }).get(both.uid)?.accepted, []);
});

test("a network is usable when each of its families has an accepted range to give from", () => {
  const blocker = networkOf("blocker", ["10.244.0.0/16"]);
  const leaving = networkOf("leaving", ["10.1.0.0/16"], { meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
  const acceptance = acceptRanges(withLedger({ networks: [blocker, both, leaving] }));
  assert.deepEqual(
    [blocker, both, leaving].map((network) => isUsable(network, acceptance.get(network.uid))),
    [true, false, false],
  );
});

test("a subnet lies in an accepted range only where it is as long as that one's subnets", () => {
  const acceptance = acceptRanges(withLedger({ networks: [both] })).get(both.uid);
  const found = ["10.244.7.0/24", "10.244.7.0/25", "10.244.0.0/16", "10.245.7.0/24"].map(
    (cidr) => rangeOf(acceptance, toPrefix(cidr))?.cidr,
  );
  assert.deepEqual(found, ["10.244.0.0/16", undefined, undefined, undefined]);
});
