import { allocationProof, proofKinds } from "./allocation-proof.ts";
import { createCoverage } from "./coverage.ts";
import { runSchedule } from "./run-schedule.ts";
import { proofEvents } from "./proof-coverage.ts";
const [from, count, trace] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4] || undefined];
const kinds = proofKinds();
const coverage = createCoverage();
const t0 = performance.now();
let steps = 0,
  writes = 0,
  virtual = 0;
const failures = new Map<string, number[]>();
for (let seed = from; seed < from + count; seed++) {
  try {
    const r = await runSchedule(allocationProof({ kinds, seed, without: (process.argv[5] ?? "").split(",") }), {
      seed,
      ...(trace ? { trace: (l) => console.log(l) } : {}),
    });
    coverage.add(r.coverage);
    steps += r.steps;
    writes += r.writes;
    virtual += r.virtualMs;
  } catch (e) {
    const err = e as Error;
    if (trace) console.log(err, err.cause);
    const m = err.message
      .replace(/^seed \d+: /, "")
      .split("\n")[0]!
      .replace(/[0-9a-f]+[.:][0-9a-f.:]+([-\/]\d+)?/g, "P")
      .replace(/\d+/g, "N")
      .slice(0, 150);
    failures.set(m, [...(failures.get(m) ?? []), seed]);
  }
}
console.log(
  ((performance.now() - t0) / count).toFixed(1),
  "ms each;",
  (steps / count).toFixed(0),
  "steps",
  (writes / count).toFixed(0),
  "writes",
  (virtual / count / 1000).toFixed(0),
  "s virtual",
);
for (const [m, seeds] of [...failures].toSorted((a, b) => b[1].length - a[1].length))
  console.log(seeds.length, m, seeds.slice(0, 6).join(" "));
if (!trace) {
  console.log(Object.fromEntries(coverage.all()));
  console.log("missing", coverage.missing(proofEvents));
}
