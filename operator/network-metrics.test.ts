import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "../lib/daemon/metrics.ts";
import { bornAtMs, networkOf } from "../test/support/plan-snapshot.ts";
import { nodeOf, reportAt, worldOf } from "../test/support/status-world.ts";
import { operatorMetrics } from "./metrics.ts";
import { createNetworkMetrics } from "./network-metrics.ts";
import { allocate } from "./plan/allocate.ts";
import { type Found, mostNetworks } from "./plan/network-figures.ts";
import { nodeStates } from "./plan/node-states.ts";
import type { Snapshot } from "./plan/snapshot.ts";
import { summarize } from "./plan/summarize.ts";

const nowMs = bornAtMs + 1_000;
const spec = { reserved: [{ cidr: "10.244.0.0/24" }] };
const network = networkOf("default", ["10.244.0.0/16"], { spec });
const three = [nodeOf(1), nodeOf(2), nodeOf(3)];
const yes = reportAt(nowMs, "True", { subnets: [{ cidr: "10.244.1.0/24", leases: 3, free: 250 }] });

function foundIn(snapshot: Snapshot): Found {
  const allocation = allocate(snapshot);
  const progress = nodeStates(snapshot, allocation, { nowMs, heartbeatSeconds: 60 });
  const statuses = summarize({ snapshot, allocation, progress, blockers: new Map(), nowMs });
  return { networks: snapshot.networks, members: allocation.members, progress, statuses };
}

/** What is shown of networks, without the component. */
async function shown(found: Found | undefined, leads = () => true): Promise<string[]> {
  const metrics = createMetrics({ component: "operator", table: operatorMetrics });
  const network = createNetworkMetrics(metrics, leads);
  if (found !== undefined) network.note(found);
  const text = await metrics.text();
  return text
    .split("\n")
    .filter((line) => line.startsWith("podnet_operator_network"))
    .map((line) => line.replace(/,?component="operator"/, ""));
}

test("of every network it is shown how far its nodes are, what is left of it, and each condition with its reason", async () => {
  const lines = await shown(foundIn(worldOf(network, three, { "node-1": yes })));
  assert.deepEqual(
    [
      "podnet_operator_networks{} 1",
      'podnet_operator_network_nodes{network="default",progress="programmed"} 1',
      'podnet_operator_network_nodes{network="default",progress="joining"} 2',
      'podnet_operator_network_nodes{network="default",progress="silent"} 0',
      'podnet_operator_network_condition{network="default",type="Accepted",status="True",reason="Accepted"} 1',
      'podnet_operator_network_condition{network="default",type="Ready",status="False",reason="Programming"} 1',
      'podnet_operator_network_room_for_nodes{network="default"} 252',
      'podnet_operator_network_free_addresses{network="default"} 250',
      'podnet_operator_network_subnets{network="default",family="IPv4",state="used"} 3',
      'podnet_operator_network_subnets{network="default",family="IPv4",state="held"} 0',
      'podnet_operator_network_subnets{network="default",family="IPv4",state="reserved"} 1',
      'podnet_operator_network_subnets{network="default",family="IPv4",state="free"} 252',
    ].filter((line) => !lines.includes(line)),
    [],
    lines.join("\n"),
  );
});

test("one that does not lead, or no longer, tells nothing of networks", async () => {
  const found = foundIn(worldOf(network, three, {}));
  assert.deepEqual(await shown(found, () => false), ["podnet_operator_networks{} 0"]);
  let leads = true;
  const metrics = createMetrics({ component: "operator", table: operatorMetrics });
  createNetworkMetrics(metrics, () => leads).note(found);
  assert.match(await metrics.text(), /network="default"/);
  leads = false;
  assert.doesNotMatch(await metrics.text(), /network="default"/);
  leads = true;
  assert.doesNotMatch(await metrics.text(), /network="default"/, "what it knew when it last led is of the past");
});

test("of very many networks those that are not Ready are shown first, and no more than so many", async () => {
  const found = foundIn(worldOf(network, three, { "node-1": yes, "node-2": yes, "node-3": yes }));
  const [status] = found.statuses.values();
  const [ready] = found.networks;
  assert.ok(status !== undefined && ready !== undefined);
  const bad = { ...status, conditions: [] };
  const many = Array.from({ length: mostNetworks + 50 }, (_, index) => ({ ...ready, name: `n${index}`, uid: `u${index}` }));
  const statuses = new Map(many.map(({ uid }) => [uid, uid === "u249" ? bad : status]));
  const lines = await shown({ ...found, networks: many, statuses });
  const room = lines.filter((line) => line.startsWith("podnet_operator_network_room_for_nodes"));
  assert.equal(room.length, mostNetworks);
  assert.match(room[0] ?? "", /network="n249"/);
  assert.ok(lines.includes("podnet_operator_networks{} 250"));
});
