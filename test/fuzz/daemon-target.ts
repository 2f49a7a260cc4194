import assert from "node:assert/strict";
import { createLog } from "../../lib/daemon/log.ts";
import { createMetrics } from "../../lib/daemon/metrics.ts";
import { integer, listenAddress, readSettings, SettingsError } from "../../lib/daemon/settings.ts";
import { KubeError } from "../../lib/kube/errors.ts";
import { agentMetrics } from "../../node-agent/metrics.ts";
import { agentSettings } from "../../node-agent/settings.ts";
import { operatorSettings } from "../../operator/settings.ts";
import { createRunLog } from "../../node-agent/run-log.ts";
import { createRunMetrics } from "../../node-agent/run-metrics.ts";
import type { AgentRun } from "../../node-agent/agent.ts";
import { readHost } from "../../webhooks/plan/host.ts";
import { parseAddress, renderAddress } from "../../lib/net/address.ts";
import { parsePrefix, renderPrefix } from "../../lib/net/prefix.ts";
import { parseNodeSubnetName } from "../../crds/names.ts";
import { assertAtMost, assertUnpolluted } from "./judge.ts";
import { hostileNumber, hostilePrefix, hostileText } from "./hostile.ts";
import { type Target, target } from "./target.ts";

/** Texts that come into logs, metrics and settings. */
interface Input {
  readonly texts: readonly string[];
  readonly number: number;
}

const kinds = ["link", "sysctl", "address", "route", "table", "file"];

/** What processes tell of what others wrote, and what they are told by their environment. */
export function daemonTarget(): Target {
  const metrics = createMetrics({ component: "agent", table: agentMetrics });
  const runMetrics = createRunMetrics(metrics);
  return target<Input>({
    name: "daemon",
    share: 85,
    counters: ["lines", "settings taken", "settings refused", "series", "addresses", "no addresses"],
    make: (chance) => ({
      texts: Array.from({ length: 6 }, () => (chance.happens(0.5) ? hostileText(chance) : hostilePrefix(chance))),
      number: hostileNumber(chance),
    }),
    async run({ texts, number }, count) {
      for (const line of linesFrom(texts, number, runMetrics)) {
        assertLine(line);
        count.hit("lines");
      }
      count.hit(settingsFrom(texts) ? "settings taken" : "settings refused");
      for (const text of texts) count.hit(parsedText(text) ? "addresses" : "no addresses");
      if (texts[0] === "") count.hit("series", seriesOf(await metrics.text()));
      assertUnpolluted();
    },
  });
}

/** One line, and JSON, that no terminal obeys. */
function assertLine(line: string): void {
  assert.ok(line.endsWith("\n"));
  assert.doesNotMatch(line.slice(0, -1), /[^\P{Cc}\u0080-\u009f]/u, "a log line");
  assert.equal(typeof JSON.parse(line), "object");
}

function linesFrom(
  [a = "", b = "", c = "", d = ""]: readonly string[],
  number: number,
  metrics: ReturnType<typeof createRunMetrics>,
): string[] {
  const lines: string[] = [];
  const log = createLog({ component: "agent", level: "trace", write: (line) => void lines.push(line) });
  const cause = new Error(b, { cause: new Error(c) });
  log
    .child({ node: a, podNetwork: b })
    .error("it failed", { kind: c, key: d, op: a, because: b, code: c, durationMs: number, err: cause });
  log.warn("it failed", { err: new KubeError(a, { code: "Invalid", status: 422 }), detail: { [b]: c, list: [a, d], number } });
  log.info("it failed", { err: { message: a, toJSON: () => b } });
  const run = runFrom(a, b);
  createRunLog(log).note(run, [c, d], number);
  metrics.note(run, 1, Math.abs(number));
  return lines;
}

function runFrom(key: string, message: string): AgentRun {
  const steps = kinds.map((kind) => ({ op: "add" as const, kind, key, because: message, want: {} }));
  const errors = kinds.map((kind) => ({ op: "add" as const, kind, key, message }));
  const outcomes = kinds.map((kind, index) => ({
    kind,
    steps: steps.slice(index, index + 1),
    errors: errors.slice(index, index + 1),
  }));
  return { kinds: outcomes, outcome: undefined, unreadable: [{ path: key, code: "NotAPrefix", message }] };
}

/** Labels have the values that we give them and no others: kinds and operations. */
function seriesOf(text: string): number {
  const ours = text.split("\n").filter((line) => line.startsWith("podnet_agent_step"));
  for (const line of ours)
    assert.match(
      line,
      /^podnet_agent_step(?:s|_errors)_total\{kind="[a-z]+",op="(?:add|change|remove)",component="agent"\} \d+$/,
    );
  assertAtMost(ours.length, 2 * kinds.length * 3, "the series");
  return ours.length;
}

/** Whether a setting of each table takes what the environment holds. */
function settingsFrom(texts: readonly string[]): boolean {
  const table = {
    ...agentSettings,
    ...operatorSettings,
    number: integer({ env: "PODNET_NUMBER", help: "A number.", min: 1, max: 10 }),
    listen: listenAddress({ env: "PODNET_LISTEN_HERE", help: "An address." }),
  };
  const names = Object.values(table).map(({ env }) => env);
  const env = Object.fromEntries(names.map((name, index) => [name, texts[index % texts.length] ?? ""]));
  const some = Object.fromEntries(Object.entries(table).filter((_, index) => index % 7 === texts.join("").length % 7));
  try {
    readSettings(some, env);
    return true;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    for (const line of error.message.split("\n")) assert.doesNotMatch(line, /[^\P{Cc}\u007f-\u009f]/u, "a settings error");
    return false;
  }
}

/** Whether it is an address or a prefix; what is reads back as itself. */
function parsedText(text: string): boolean {
  const address = parseAddress(text);
  if (address !== undefined) assert.deepEqual(parseAddress(renderAddress(address)), address);
  const prefix = parsePrefix(text);
  if ("address" in prefix) assert.equal(renderPrefix(prefix), text);
  const host = readHost(text);
  if (host !== undefined) assert.match(host, /^[0-9a-zA-Z.:-]+$/);
  const cidr = parseNodeSubnetName(text);
  if (cidr !== undefined) assert.ok("address" in parsePrefix(cidr));
  return address !== undefined || "address" in prefix;
}
