// An agent that the kernel has more to tell than it can hear.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makeExec } from "../../lib/linux/exec.ts";
import { startLoops } from "../support/agent-loops.ts";
import { agentNode, viewOf } from "../support/agent-node.ts";
import { ip, must, type Netns } from "../support/netns.ts";
import { makeSite } from "../support/node-site.ts";
import { dualClaims, dualSpec } from "../support/node-view.ts";
import { until } from "../support/until.ts";

/** The process that tells the agent of changes. */
async function monitorOf(node: Netns): Promise<number> {
  const pids = (await must(makeExec(), ["ip", "netns", "pids", node.name])).split("\n").filter((pid) => pid !== "");
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return Number(
    pids[commands.findIndex((command) => command.includes("\0monitor\0"))] ?? assert.fail("nobody watches the kernel"),
  );
}

/** How many messages the kernel could not give to a process. */
async function dropped(node: Netns, pid: number): Promise<number> {
  const rows = (await must(node.exec, ["cat", "/proc/net/netlink"])).split("\n").map((line) => line.trim().split(/\s+/));
  const column = rows[0]?.indexOf("Drops") ?? -1;
  return Number(rows.find(([, , owner]) => owner === String(pid))?.[column]);
}

/** Tells of a neighbor on the uplink, of which no agent takes notice, thousands of times. */
async function flood(node: Netns): Promise<void> {
  const lines = Array.from(
    { length: 4_000 },
    (_, n) => `neighbor replace 192.168.1.250 lladdr 02:00:00:00:00:0${n % 2} dev eth0 nud permanent`,
  );
  await ip(node.exec, ...lines);
}

test("what was changed while the kernel had more to tell than the agent could hear is repaired all the same, and the log says why it looked", async (t) => {
  const site = await makeSite(t);
  const node = await agentNode(t, "node-1", await site.plug("node-1", 11));
  const runFolder = await mkdtemp(join(tmpdir(), "podnet-t-run-"));
  t.after(() => rm(runFolder, { recursive: true, force: true }));
  const agent = await startLoops(t, node, { view: viewOf(dualSpec(), [...dualClaims(1), ...dualClaims(2)]), runFolder });
  const monitor = await monitorOf(node.netns);
  process.kill(monitor, "SIGSTOP");
  const damage = async () => {
    for (let times = 0; (await dropped(node.netns, monitor)) === 0; times++) {
      assert.ok(times < 20, "the buffer is full some time");
      await flood(node.netns);
    }
    const before = await dropped(node.netns, monitor);
    await ip(node.netns.exec, "route delete 10.244.2.0/24");
    assert.ok((await dropped(node.netns, monitor)) > before, "nobody is told of the route");
  };
  await damage().finally(() => process.kill(monitor, "SIGCONT"));
  await agent.untilRepaired(1, "the route");
  assert.equal(agent.answers.at(-1)?.status.drift?.last?.kind, "route");
  assert.match(await must(node.netns.exec, ["ip", "route", "show", "10.244.2.0/24"]), /via 192\.168\.1\.12/);
  assert.match(agent.logged.join("\n"), /No buffer space available.*"node converged"/);
  await until("another process watches", async () => (await monitorOf(node.netns).catch(() => monitor)) !== monitor);
});
