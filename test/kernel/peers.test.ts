import assert from "node:assert/strict";
import { test } from "node:test";
import { convergeNode } from "../../lib/linux/converge-node.ts";
import type { Exec } from "../../lib/linux/exec.ts";
import type { RouteItem } from "../../lib/linux/kinds/route.ts";
import { listenInside, makeSite, problemsOf, sourceSeen } from "../support/node-site.ts";
import { ip, must } from "../support/netns.ts";

test("5,000 peers are routed to, found as wanted, moved to other next hops, and gone", async (t) => {
  const node = await (await makeSite(t)).plug("node-1", 11);
  await ip(node.exec, "address add 172.16.0.1/16 dev eth0");
  const peers = (offset: number): RouteItem[] =>
    Array.from({ length: 5000 }, (_, n) => {
      const hop = n + 2 + offset;
      return { prefix: `10.${n >> 8}.${n & 255}.0/24`, via: `172.16.${hop >> 8}.${hop & 255}`, device: "eth0" };
    });
  const measure = async (what: string, routes: readonly RouteItem[], expected: readonly number[]) => {
    const began = performance.now();
    const outcomes = await convergeNode({ exec: node.exec, procSys: "/nowhere" }, { routes });
    t.diagnostic(`5,000 peers ${what}: ${Math.round(performance.now() - began)} ms`);
    assert.deepEqual(outcomes.flatMap(problemsOf), []);
    assert.deepEqual(
      outcomes.map(({ steps }) => steps.length),
      expected,
    );
  };
  await measure("routed to", peers(0), [5000, 5000]);
  await measure("found as wanted", peers(0), [0, 0]);
  await measure("moved", peers(1), [2, 5000]);
  await measure("gone", [], [5000, 5000]);
  assert.equal(await must(node.exec, ["ip", "nexthop", "show"]), "");
});

test("a peer with nothing but an IPv6 address is routed to over that, in both families", async (t) => {
  const site = await makeSite(t);
  const [one, two] = [await site.plug("node-1", 11), await site.plug("node-2", 12)];
  await ip(two.exec, "address add 10.244.2.1/24 dev lo", "link set lo up");
  await must(two.exec, ["ip", "address", "flush", "dev", "eth0", "to", "192.168.1.0/24"]);
  await ip(two.exec, "route add 192.168.1.11/32 dev eth0");
  const routes = [
    { prefix: "10.244.2.0/24", via: "fd00:192:168:1::12", device: "eth0" },
    { prefix: "fd00:10:244:2::/64", via: "fd00:192:168:1::12", device: "eth0" },
  ];
  const outcomes = await convergeNode({ exec: one.exec, procSys: "/nowhere" }, { routes });
  assert.deepEqual(outcomes.flatMap(problemsOf), []);
  assert.deepEqual(
    outcomes.map(({ steps }) => steps.length),
    [1, 2],
    "one nexthop object for both",
  );
  await listenInside(t, two);
  assert.equal(await sourceSeen(one, "10.244.2.1"), "192.168.1.11");
});

test("where there are no nexthop objects, routes say their way themselves, and take to objects when there are", async (t) => {
  const node = await (await makeSite(t)).plug("node-1", 11);
  const routes = [
    { prefix: "10.244.2.0/24", via: "192.168.1.12", device: "eth0" },
    { prefix: "fd00:10:244:2::/64", via: "fd00:192:168:1::12", device: "eth0" },
  ];
  const shown = () => must(node.exec, ["ip", "route", "show", "proto", "244"]);
  const old: Exec = {
    ...node.exec,
    run: async (argv, stdin) => {
      if (!argv.includes("nexthop")) return node.exec.run(argv, stdin);
      return { argv, status: 255, stdout: "", stderr: 'Object "nexthop" is unknown, try "ip help".\n' };
    },
  };
  const outcomes = await convergeNode({ exec: old, procSys: "/nowhere" }, { routes });
  assert.match(outcomes[0]?.unseen ?? "", /^nexthop: what is there could not be seen, .*Object "nexthop" is unknown/s);
  assert.deepEqual([outcomes[1]?.errors, outcomes[1]?.steps.length], [[], 2]);
  assert.match(await shown(), /^10\.244\.2\.0\/24 via 192\.168\.1\.12 dev eth0/);
  assert.deepEqual(
    (await convergeNode({ exec: old, procSys: "/nowhere" }, { routes })).flatMap(({ steps }) => steps),
    [],
  );
  const young = await convergeNode({ exec: node.exec, procSys: "/nowhere" }, { routes });
  assert.deepEqual(young.flatMap(problemsOf), []);
  assert.match(await shown(), /^10\.244\.2\.0\/24 nhid \d+ via 192\.168\.1\.12 dev eth0/);
  assert.deepEqual(
    (await convergeNode({ exec: old, procSys: "/nowhere" }, { routes })).flatMap(({ steps }) => steps),
    [],
  );
});
