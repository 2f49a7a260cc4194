import { indexRanges, validateAgainst } from "../crds/validate.ts";
import { askHealth } from "../lab/podnet/health.ts";
import { installManifests } from "../lab/podnet/start-podnet.ts";
import { waitUntil } from "../lab/wait-until.ts";
import { succeed } from "../test/support/succeed.ts";
import { Problem } from "../tools/problem.ts";
import { type Bench, type BenchInput, parallel } from "./bench.ts";
import { acrossRounds, type Figure } from "./figure.ts";
import { rangedNetwork } from "./sample.ts";
import { type Site, startSite, webhookHealth } from "./site.ts";
import type { AdmitInput, AdmitOutput } from "./task/admit.ts";
import { followUsage } from "./usage.ts";
import { type CallShare, callsSince, parseWebhookCalls } from "./webhook-calls.ts";

interface Size {
  readonly networks: number;
  /** Of each. */
  readonly ranges: number;
}

/** At most. */
const perSecond = 100;

/** Where fewer creates a second are made, these are made for longer, up to so many times. */
const longer = 12;

/** What a create of a PodNetwork takes: with nothing of podnet's in its way, with the policies, and with the webhook, too. */
export const admission: Bench = {
  title: "a create of a PodNetwork through the API server: nothing of podnet, its policies, policies and webhook",
  async run(input) {
    const rounds: Figure[][] = [];
    for (let round = 1; round <= input.rounds; round++) {
      const figures: Figure[] = [];
      for (const size of input.admitted) figures.push(...(await ofSize(input, size)));
      rounds.push([...figures, ...lookUps(input.admitted)]);
    }
    return acrossRounds(rounds);
  },
};

async function ofSize(input: BenchInput, size: Size): Promise<Figure[]> {
  const site = await startSite({ ...input, name: input.labName });
  try {
    const label = `${size.networks} × ${size.ranges}`;
    return await input.progress.during(`admission beside ${size.networks} networks of ${size.ranges}`, () =>
      columns(site, input, size, label),
    );
  } finally {
    await site.stop();
  }
}

async function columns(site: Site, input: BenchInput, { networks, ranges }: Size, label: string): Promise<Figure[]> {
  await withoutPolicies(site);
  await site.inside("createNetworks", { count: networks, ranges, parallel });
  const light = await bearable(site, input, ranges);
  const nothing = await site.inside("admit", light);
  await installManifests(site.lab);
  await overlapIs(site, true);
  const heavy = await bearable(site, input, ranges);
  const policies = await site.inside("admit", heavy);
  const webhook = await site.startWebhook();
  await asked(site);
  const usage = followUsage(webhook.pid);
  const both = await counted(site, heavy);
  await withoutPolicies(site);
  const alone = await counted(site, light);
  usage.stop();
  await webhook.stop();
  const refused = nothing.refused + policies.refused + both.refused + alone.refused;
  return [
    figure(`${label}: creates a second`, light.perSecond, ""),
    figure(`${label}: creates a second, with policies`, heavy.perSecond, ""),
    ...lasting(`${label}: nothing`, nothing),
    ...lasting(`${label}: policies`, policies),
    ...lasting(`${label}: policies and webhook`, both),
    ...lasting(`${label}: webhook alone`, alone),
    added(`${label}: the webhook adds to nothing`, alone, nothing),
    added(`${label}: the webhook adds to policies`, both, policies),
    ...asking(`${label}: asking the webhook alone`, alone.calls),
    ...asking(`${label}: asking it behind policies`, both.calls),
    { ...figure(`${label}: refused`, refused, ""), atMost: 0 },
    figure(`${label}: webhook, peak memory`, usage.peakMebibytes(), "MiB"),
  ];
}

/** How long creates take, and what the API server counts of its calls of the webhook meanwhile. */
async function counted(site: Site, load: AdmitInput): Promise<AdmitOutput & { readonly calls: CallShare }> {
  const before = parseWebhookCalls(await metricsOf(site));
  const out = await site.inside("admit", load);
  return { ...out, calls: callsSince(before, parseWebhookCalls(await metricsOf(site))) };
}

function lasting(label: string, { milliseconds }: AdmitOutput): Figure[] {
  return [0.5, 0.99].map((share) => figure(`${label}, p${100 * share}`, quantile(milliseconds, share), "ms"));
}

function added(label: string, more: AdmitOutput, less: AdmitOutput): Figure {
  const [high, low] = [more, less].map(({ milliseconds }) => quantile(milliseconds, 0.99));
  return { ...figure(`${label}, p99 less p99`, (high ?? Number.NaN) - (low ?? Number.NaN), "ms"), atMost: 5 };
}

/** By the API server's own account, which has nothing else in it. */
function asking(label: string, { meanMs, slowShare }: CallShare): Figure[] {
  return [
    figure(`${label}, mean, as the API server has it`, meanMs, "ms"),
    { ...figure(`${label}, of 100 times longer than 5 ms`, 100 * slowShare, ""), atMost: 1 },
  ];
}

/**
 * The load at which the policies use half of one processor at most. The API server judges a create once for each network there is, and needs some tenths of a millisecond each time:
 * beside a thousand it cannot take a hundred creates a second, and a queue that only grows says nothing of the webhook.
 */
async function bearable(site: Site, { admissionSeconds }: BenchInput, ranges: number): Promise<AdmitInput> {
  const { milliseconds } = await site.inside("admit", { perSecond: 1, seconds: 5, ranges });
  const pace = Math.min(perSecond, Math.max(1, Math.floor(500 / quantile(milliseconds, 0.5))));
  const seconds = Math.ceil(Math.min(longer * admissionSeconds, (admissionSeconds * perSecond) / pace));
  return { perSecond: pace, seconds, ranges };
}

function metricsOf(site: Site): Promise<string> {
  return succeed(site.lab.kubectl(["get", "--raw", "/metrics"]));
}

/** Takes away the bindings, so that no policy judges anything. */
async function withoutPolicies(site: Site): Promise<void> {
  const kind = "validatingadmissionpolicybindings";
  const { stdout } = await site.lab.kubectl(["get", kind, "--output=name"]);
  const names = stdout.split("\n").filter((name) => name.includes("/podnet-"));
  const { code, stderr } = await site.lab.kubectl(["delete", ...names]);
  if (code !== 0) throw new Problem(`The policies of podnet cannot be taken away: ${stderr.trim()}`);
  await waitUntil("no policy of podnet to be in force", 30_000, async () => {
    const name = JSON.stringify({
      apiVersion: "podnet.dev/v1alpha1",
      kind: "RangeLedger",
      metadata: { name: "cluster" },
      spec: { incarnation: "none", epoch: 0, releaseSequence: 0, entries: [] },
    });
    return (await site.lab.kubectl(["create", "--dry-run=server", "-f", "-"], { stdin: name })).code === 0 || undefined;
  });
}

async function overlapIs(site: Site, refused: boolean): Promise<void> {
  await waitUntil(`an overlap to be ${refused ? "refused" : "taken"}`, 60_000, async () => {
    return (await site.inside("isOverlapRefused", { name: "tried-overlap" })).refused === refused || undefined;
  });
}

/** Until the API server asks the webhook, which it does only of what no policy refuses. */
async function asked(site: Site): Promise<void> {
  await waitUntil("the webhook to be asked", 60_000, async () => {
    await site.inside("admit", { perSecond: 1, seconds: 1, ranges: 1 });
    const { stdout } = await askHealth(site.lab.host("control-plane"), `${webhookHealth}/metrics`);
    return /^podnet_webhook_decisions_total(?:\{.*\})? [1-9]/m.test(stdout) || undefined;
  });
}

/** How long one look-up among sorted ranges takes, and how that grows with their number. */
function lookUps(sizes: readonly Size[]): Figure[] {
  const most = Math.max(...sizes.map(({ networks, ranges }) => networks * ranges));
  const [few, many] = [most, most * 16].map(microsecondsAmong);
  return [
    figure(`overlap check of one range among ${most}`, few ?? Number.NaN, "µs"),
    figure(`overlap check of one range among ${most * 16}`, many ?? Number.NaN, "µs"),
    { ...figure("overlap check: growth for 16 times the ranges", (many ?? 0) / (few ?? 1), "×"), atMost: 4 },
  ];
}

function microsecondsAmong(count: number): number {
  const standing = indexRanges(Array.from({ length: count }, (_, number) => rangedNetwork(`standing-${number}`, 10, number, 1)));
  const tried = Array.from({ length: 2_000 }, (_, number) => rangedNetwork(`tried-${number}`, 11, number, 1));
  for (const one of tried) validateAgainst(one, standing);
  const began = performance.now();
  for (const one of tried) validateAgainst(one, standing);
  return ((performance.now() - began) * 1000) / tried.length;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

function figure(what: string, value: number, unit: string): Figure {
  return { what, unit, values: [value] };
}
