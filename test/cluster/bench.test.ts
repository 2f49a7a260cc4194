import assert from "node:assert/strict";
import { test } from "node:test";
import { agent } from "../../bench/agent.ts";
import { admission } from "../../bench/admission.ts";
import { join } from "../../bench/join.ts";
import { plan } from "../../bench/plan.ts";
import { program } from "../../bench/program.ts";
import { repair } from "../../bench/repair.ts";
import { rotation } from "../../bench/rotation.ts";
import { steady } from "../../bench/steady.ts";
import { namesOf } from "../support/small-bench.ts";

test("twenty new nodes are measured beside NodeIPAM and plain creates", async () => {
  const names = await namesOf(join, "bench-join");
  for (const one of [
    "plain creates: NodeSubnets",
    "podnet: all claims Active",
    "NodeIPAM, tuned: all podCIDRs",
    "podnet / NodeIPAM, tuned",
  ])
    assert.ok(names.includes(one), one);
});

test("a cluster of twenty nodes at rest is measured, and one node more", async () => {
  const names = await namesOf(steady, "bench-steady");
  for (const one of [
    "one node more: claim Active",
    "one node more: requests",
    "at rest: status of the network",
    "at rest: passes",
  ])
    assert.ok(names.includes(one), one);
});

test("plans of fifty and of a hundred nodes are measured, and their growth", async () => {
  const names = await namesOf(plan, "bench-plan");
  assert.ok(names.includes("subnets of new nodes, growth"), names.join(", "));
});

test("creates of networks are measured without podnet, with its policies, with its webhook, and with both", async () => {
  const names = await namesOf(admission, "bench-admission");
  for (const one of [
    "3 × 2: nothing, p99",
    "3 × 2: policies, p99",
    "3 × 2: webhook alone, p99",
    "3 × 2: the webhook adds to nothing, p99 less p99",
    "3 × 2: asking it behind policies, of 100 times longer than 5 ms",
    "3 × 2: webhook, peak memory",
  ])
    assert.ok(names.includes(one), one);
});

test("a renewal of the webhook's certificate is measured under load", async () => {
  const names = await namesOf(rotation, "bench-rotation");
  for (const one of ["requests refused", "requests served", "handshakes failed", "handshakes with leaf 1"])
    assert.ok(names.includes(one), one);
});

test("routes to twenty peers are measured beside those that ip sets by itself", async () => {
  const names = await namesOf(program, "bench-program");
  for (const one of [
    "Direct, 20 peers: podnet, set and seen",
    "VXLAN, 20 peers: ip -batch, classic routes, which sees nothing",
    "VXLAN, 20 peers: podnet beside that ip -batch",
    "VXLAN, 1 peers: one command each",
  ])
    assert.ok(names.includes(one), one);
});

test("repairs of what somebody else changed are measured", async () => {
  const names = await namesOf(repair, "bench-repair");
  for (const what of [
    "a route deleted",
    "a gateway's address deleted",
    "the bridge set down",
    "a neighbor of a tunnel deleted",
    "a forwarding entry of a tunnel deleted",
    "the rules of a chain deleted",
    "a table deleted",
    "a setting changed",
    "the configuration file deleted",
    "the bridge's MAC address changed",
  ])
    assert.ok(names.includes(`${what}, 2 times: repaired after, p99`), names.join(", "));
});

test("an agent with twenty peers is measured at rest", async () => {
  const names = await namesOf(agent, "bench-agent");
  for (const one of ["20 peers: memory at rest", "20 peers: processor at rest", "1 peers: requests an hour at rest"])
    assert.ok(names.includes(one), one);
});
