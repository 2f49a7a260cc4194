import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeExec } from "../lib/linux/exec.ts";
import type { KindOutcome } from "../lib/linux/stage.ts";
import { createFakeClock } from "../test/support/fake-clock.ts";
import { programsIn } from "./suspects.ts";
import { type Unheard, unheardIn, watchUnheard } from "./watch-unheard.ts";

async function temporary(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "podnet-t-unheard-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const forward = { path: "ip_forward", value: "1" };

test("a setting that is not as it shall be is told at each look until it is, and when all were seen right last", async (t) => {
  const procSys = await temporary(t);
  const write = (value: string) => writeFile(join(procSys, forward.path), `${value}\n`);
  await write("1");
  const clock = createFakeClock();
  const stop = new AbortController();
  const told: string[] = [];
  let wanted: Unheard = { settings: [forward], tables: [] };
  const shared = { clock, procSys, exec: makeExec(), random: () => 0, signal: stop.signal };
  const watch = watchUnheard({ ...shared, wanted: () => wanted, changed: (key) => told.push(key) });
  await clock.advance(2_000);
  assert.deepEqual([told, watch.seenRightMs("sysctl"), watch.seenRightMs("route")], [[], 1_600, undefined]);
  await write("0");
  await clock.advance(1_600);
  assert.deepEqual([told, watch.seenRightMs("sysctl")], [["ip_forward", "ip_forward"], 1_600]);
  wanted = { settings: [], tables: [] };
  await clock.advance(800);
  assert.equal(told.length, 2, "nobody wants it any more");
  stop.abort();
  await watch.stopped;
  assert.equal(clock.pending(), 0);
});

test("what a run could not do is not looked for: it would be found at each look", () => {
  const table = { family: "inet", sets: [], chains: [] };
  const sysctls: KindOutcome = {
    kind: "sysctl",
    steps: [],
    errors: [{ op: "change", kind: "sysctl", key: "broken", message: "no" }],
    wanted: new Map([
      ["ip_forward", forward],
      ["broken", { path: "broken", value: "1" }],
    ]),
  };
  const tables: KindOutcome = { kind: "table", steps: [], errors: [], wanted: new Map([["inet podnet", table]]) };
  const unseen: KindOutcome = { kind: "table", steps: [], errors: [], unseen: "no nft" };
  assert.deepEqual(unheardIn([sysctls, tables]), { settings: [forward], tables: [table] });
  assert.deepEqual(unheardIn([sysctls, unseen]), { settings: [forward], tables: [] });
});

test("a program that left something in its folder may be undoing things; an empty folder, as a mount makes it, and none, say nothing", async (t) => {
  const run = await temporary(t);
  await mkdir(join(run, "systemd/netif/links"), { recursive: true });
  await mkdir(join(run, "NetworkManager"));
  assert.deepEqual(await programsIn(run), [{ program: "systemd-networkd" }]);
  await writeFile(join(run, "NetworkManager/no-stub-resolv.conf"), "");
  assert.deepEqual(
    (await programsIn(run)).map((suspect) => "program" in suspect && suspect.program),
    ["systemd-networkd", "NetworkManager"],
  );
  assert.deepEqual(await programsIn(join(run, "nothing")), []);
});
