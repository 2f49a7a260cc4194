import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { waitUntil } from "../../lab/wait-until.ts";
import { makeExec } from "../../lib/linux/exec.ts";
import { addressKindOn } from "../../lib/linux/kinds/address.ts";
import { linkKind } from "../../lib/linux/kinds/link.ts";
import { nexthopKind } from "../../lib/linux/kinds/nexthop.ts";
import { portKind } from "../../lib/linux/kinds/port.ts";
import { routeKind } from "../../lib/linux/kinds/route.ts";
import { tableKind } from "../../lib/linux/kinds/table.ts";
import { warmExec } from "../../lib/linux/warm-exec.ts";
import { sampleState } from "../support/node-sample.ts";
import { assertConverges, makeSite } from "../support/node-site.ts";
import { must } from "../support/netns.ts";

async function warmNode(t: TestContext, timeoutMs = 5_000) {
  const node = await (await makeSite(t)).plug("node-1", 11);
  const stop = new AbortController();
  t.after(() => stop.abort());
  const cold = makeExec({ prefix: ["nsenter", `--net=${node.path}`], timeoutMs });
  return { node, cold, warm: warmExec(cold, stop.signal), stop };
}

const shows = [linkKind, portKind, addressKindOn([]), nexthopKind, routeKind, tableKind].flatMap(({ show, foreign }) => [
  ...show,
  ...(foreign?.show ?? []),
]);

/** The processes that wait inside of a node. */
async function waiting(name: string): Promise<string[]> {
  const pids = (await must(makeExec(), ["ip", "netns", "pids", name])).trim();
  return pids === "" ? [] : pids.split("\n");
}

/** Until so many wait; gives them. */
function untilWaiting(name: string, count: number): Promise<string[]> {
  return waitUntil(`${count} commands to wait in ${name}`, 5_000, async () => {
    const pids = await waiting(name);
    return pids.length === count ? pids : undefined;
  });
}

test("what is shown is the same as by commands of their own, of an empty node and of one that is programmed", async (t) => {
  const { node, cold, warm } = await warmNode(t);
  for (const want of [undefined, sampleState(1, [2, 3])]) {
    if (want !== undefined) await assertConverges(node, want);
    for (const { argv } of [...shows, ...shows]) {
      const [one, other] = [await cold.run(argv), await warm.run(argv)];
      assert.equal(other.stdout, one.stdout, argv.join(" "));
      assert.equal(other.status === 0, one.status === 0, argv.join(" "));
    }
  }
  const missing = ["ip", "-j", "link", "show", "dev", "nowhere"];
  assert.equal((await warm.run(missing)).stderr, (await cold.run(missing)).stderr);
  const table = ["nft", "-s", "list", "table", "inet", "nowhere"];
  assert.match((await warm.run(table)).stderr, /No such file or directory/);
});

test("batches name their failing lines by their numbers, each time from the first on", async (t) => {
  const { warm } = await warmNode(t);
  const batch = ["ip", "-force", "-batch", "-"];
  const lines = "link add a type bridge\nlink delete dev nowhere\nlink set dev a up\n";
  for (const line of [/Command failed -:2\n/, /Command failed -:1\n[^]*Command failed -:2\n/])
    assert.match((await warm.run(batch, lines)).stderr, line);
  assert.equal((await warm.run(["nft", "-f", "-"], "table inet x { }\n")).status, 0);
  assert.notEqual((await warm.run(["nft", "-f", "-"], "nonsense\n")).status, 0);
});

test("one that was killed while it waited is replaced, and one that hangs is killed and replaced", async (t) => {
  const { node, warm, cold } = await warmNode(t, 300);
  const argv = ["ip", "-j", "link", "show"];
  await warm.run(argv);
  for (const pid of await untilWaiting(node.name, 1)) process.kill(Number(pid), "SIGKILL");
  await untilWaiting(node.name, 0);
  assert.equal((await warm.run(argv)).stdout, (await cold.run(argv)).stdout);
  for (const pid of await untilWaiting(node.name, 1)) process.kill(Number(pid), "SIGSTOP");
  await assert.rejects(warm.run(argv), /it took longer than 300 ms and was killed/);
  assert.equal((await warm.run(argv)).stdout, (await cold.run(argv)).stdout);
});

test("what waits ends with the signal, and nothing of it is left behind", async (t) => {
  const { node, warm, stop } = await warmNode(t);
  await Promise.all([warm.run(["ip", "-j", "link", "show"]), warm.run(["nft", "-s", "list", "tables"])]);
  await untilWaiting(node.name, 2);
  stop.abort();
  await untilWaiting(node.name, 0);
  assert.equal((await warm.run(["ip", "-V"])).status, 0);
});
