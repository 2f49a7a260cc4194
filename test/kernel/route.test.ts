import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import * as fc from "fast-check";
import { commandWorld } from "../../lib/linux/command-world.ts";
import { type Exec, makeExec } from "../../lib/linux/exec.ts";
import { type RouteItem, routeKind } from "../../lib/linux/kinds/route.ts";
import { converge } from "../../lib/reconcile/converge.ts";
import { diff } from "../../lib/reconcile/diff.ts";
import { ip, makeNetns, must } from "../support/netns.ts";

async function makeNode(t: TestContext): Promise<Exec> {
  const { exec } = await makeNetns(t, "routes");
  await ip(
    exec,
    "link add eth0 type veth peer name wire",
    "link set eth0 up",
    "link set wire up",
    "address add 192.168.0.1/16 dev eth0",
    "address add fd00:192:168::1/64 dev eth0 nodad",
  );
  return exec;
}

const route = (prefix: string, via: string): RouteItem => ({ prefix, via, device: "eth0" });

test("a route changes its next hop without a moment in which there is none", async (t) => {
  const exec = await makeNode(t);
  const world = commandWorld(routeKind, exec);
  const before = [route("10.244.2.0/24", "192.168.1.12"), route("fd00:10:244:2::/64", "fd00:192:168::12")];
  const after = [route("10.244.2.0/24", "192.168.1.13"), route("fd00:10:244:2::/64", "fd00:192:168::13")];
  await converge(routeKind, before, world);
  const events = await routeEvents(exec, async () => {
    const { steps, errors } = await converge(routeKind, after, world);
    assert.deepEqual({ ops: steps.map((step) => step.op), errors }, { ops: ["change", "change"], errors: [] });
  });
  const ours = events.filter((event) => event.includes("proto 244"));
  assert.equal(ours.length, 2, events.join("\n"));
  assert.deepEqual(
    ours.filter((event) => event.includes("Deleted")),
    [],
  );
});

/** What the kernel told of its routes while `action` ran, in its order. */
async function routeEvents(exec: Exec, action: () => Promise<void>): Promise<string[]> {
  const stop = new AbortController();
  const events: string[] = [];
  const watched = exec.follow(
    ["ip", "monitor", "route"],
    { line: (event) => events.push(event), complaint: assert.fail },
    stop.signal,
  );
  const heard = async (marker: string) => {
    const deadline = Date.now() + 10_000;
    while (!events.some((event) => event.includes(marker))) {
      assert.ok(Date.now() < deadline, `the monitor did not tell of ${marker} within 10 s`);
      await ip(exec, `route replace ${marker} via 192.168.1.1`, `route delete ${marker}`);
    }
  };
  await heard("198.51.100.0/24");
  await action();
  await heard("203.0.113.0/24");
  stop.abort();
  await watched;
  return events;
}

test("random sequences of wanted routes converge, whatever others do in between", async (t) => {
  const exec = await makeNode(t);
  const world = commandWorld(routeKind, exec);
  const item = fc
    .record({ number: fc.integer({ min: 1, max: 8 }), hop: fc.integer({ min: 2, max: 5 }), family: fc.constantFrom(4, 6) })
    .map(({ number, hop, family }) =>
      family === 4
        ? route(`10.244.${number}.0/24`, `192.168.1.${hop}`)
        : route(`fd00:10:244:${number}::/64`, `fd00:192:168::${hop}`),
    );
  const wanted = fc.uniqueArray(item, { selector: (found) => found.prefix });
  const round = fc.record({ want: wanted, foreign: wanted });
  await fc.assert(
    fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 4 }), async (rounds) => {
      for (const { want, foreign } of rounds) {
        const { errors } = await converge(routeKind, want, world);
        assert.deepEqual(errors, []);
        assert.deepEqual(diff(routeKind, want, await world.observe()), []);
        // Somebody deletes all and sets others with our protocol number.
        const meddling = foreign.map(({ prefix, via }) => `route replace ${prefix} via ${via} proto 244\n`);
        const deletions = want.map(({ prefix }) => `route delete ${prefix} proto 244\n`);
        await exec.run(["ip", "-force", "-batch", "-"], [...deletions, ...meddling].join(""));
      }
    }),
    { numRuns: 10 },
  );
});

test("5,000 routes are set, found as wanted, changed and removed", async (t) => {
  const exec = await makeNode(t);
  const world = commandWorld(routeKind, exec);
  const routes = (offset: number) =>
    Array.from({ length: 5000 }, (_, n) =>
      route(`10.${n >> 8}.${n & 255}.0/24`, `192.168.${100 + (n >> 8)}.${((n + offset) & 127) + 1}`),
    );
  const measure = async (what: string, want: readonly RouteItem[], expected: number) => {
    const start = performance.now();
    const { steps, errors } = await converge(routeKind, want, world);
    t.diagnostic(`${what}: ${Math.round(performance.now() - start)} ms`);
    assert.deepEqual({ steps: steps.length, errors }, { steps: expected, errors: [] });
  };
  await measure("5,000 routes added", routes(0), 5000);
  await measure("5,000 routes found as wanted", routes(0), 0);
  await measure("5,000 routes changed", routes(1), 5000);
  await measure("5,000 routes removed", [], 5000);
  assert.equal(await must(exec, ["ip", "route", "show", "proto", "244"]), "");
});

test("among many routes those that fail, or that ip cannot even read, are each named, and all others are set", async (t) => {
  const exec = await makeNode(t);
  const good = Array.from({ length: 200 }, (_, n) => route(`10.244.${n}.0/24`, "192.168.1.2"));
  const unreachable = route("10.245.0.0/24", "10.99.0.1");
  const unreadable = [route("10.246.0.0/33", "192.168.1.2"), route("10.247.0.0/24", "192.168.1.256")];
  const want = [...good.slice(0, 70), unreadable[0], ...good.slice(70, 130), unreachable, ...good.slice(130), unreadable[1]];
  const { errors } = await converge(
    routeKind,
    want.filter((item) => item !== undefined),
    commandWorld(routeKind, exec),
  );
  assert.deepEqual(errors.map((error) => error.key).toSorted(), ["10.245.0.0/24", "10.246.0.0/33", "10.247.0.0/24"]);
  assert.match(
    errors.find((error) => error.key === "10.246.0.0/33")?.message ?? "",
    /any valid prefix is expected rather than "10.246.0.0\/33"/,
  );
  assert.deepEqual((await converge(routeKind, good, commandWorld(routeKind, exec))).steps, []);
});

test("a node without ip is an error with a remedy, not a node without routes", async () => {
  await assert.rejects(
    commandWorld(routeKind, makeExec({ path: "/nowhere" })).observe(),
    /there is no program ip in \/nowhere; install the package iproute2/,
  );
});
