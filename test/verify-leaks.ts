// npm run verify:leaks [-- --kills N --seed S --at-once N --apart MS]: plugins and their runtime are killed a thousand times, and the machine boots anew once; what the kernel tests do in small.
import { parseArgs } from "node:util";
import { provideBinaries } from "../tools/binaries.ts";
import { provideDebianPackages } from "../tools/packages.ts";
import { requireLinux, requireRoot } from "../tools/preflight.ts";
import { Problem, runCommand } from "../tools/problem.ts";
import { openProgress } from "../tools/progress.ts";
import { type LeakFigures, playLeaks } from "./leaks/play-leaks.ts";
import { programmedNode } from "./leaks/programmed-node.ts";
import { chanceOf } from "./simulation/chance.ts";
import type { Span } from "./support/netns.ts";
import { countOf } from "./support/seed-report.ts";

/** Calls back in turn when it ends, as a test does. */
function openSpan(): Span & { end(): Promise<void> } {
  const ends: (() => Promise<unknown>)[] = [];
  return {
    after: (end) => void ends.push(end),
    async end() {
      for (const end of ends) await end();
    },
  };
}

/** Says every hundred kills how far it is. */
function teller(kills: number): (figures: LeakFigures) => void {
  const began = performance.now();
  let told = 0;
  return (figures) => {
    if (figures.kills < told + 100) return;
    told = figures.kills;
    console.log(
      `${figures.kills} of ${kills} kills, ${figures.collected} addresses taken back, ${Math.round((performance.now() - began) / 1000)} s`,
    );
  };
}

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      kills: { type: "string", default: "1000" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      "at-once": { type: "string", default: "3" },
      apart: { type: "string", default: "500" },
    },
  });
  requireLinux("podnet's tests");
  requireRoot("verify:leaks");
  const [kills, seed, atOnce] = [
    countOf(values.kills, "kills"),
    countOf(values.seed, "seed"),
    countOf(values["at-once"], "at-once"),
  ];
  const apartMs = countOf(values.apart, "apart");
  const progress = openProgress();
  await provideDebianPackages(["nftables", "iproute2", "util-linux"], progress);
  await provideBinaries(["cni-plugins"], progress);
  console.log(`seed ${seed}: npm run verify:leaks -- --kills ${kills} --seed ${seed} plays the same again`);
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(name, () => stop.abort(new Problem(`stopped by ${name} before the end`)));
  const span = openSpan();
  const began = performance.now();
  try {
    const node = await programmedNode(span);
    const { leaked, violations, ...figures } = await playLeaks({
      ...node,
      chance: chanceOf(seed),
      kills,
      atOnce,
      apartMs,
      onProgress: teller(kills),
      signal: stop.signal,
    });
    for (const what of [...leaked.map((lease) => `nobody has ${lease}`), ...violations]) console.log(`✖ ${what}`);
    console.log(
      `${JSON.stringify(figures)}: ${leaked.length} leaked, ${violations.length} wrong; ${Math.round((performance.now() - began) / 1000)} s`,
    );
    return leaked.length + violations.length === 0 ? 0 : 1;
  } finally {
    await span.end();
  }
});
