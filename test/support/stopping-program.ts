import { setTimeout as delay } from "node:timers/promises";
import { createLog } from "../../lib/daemon/log.ts";
import { runUntilStopped } from "../../lib/daemon/stop.ts";

// Run as a program: behaves in the way its argument says, and ends as `runUntilStopped` decides.
const log = createLog({ component: "test", level: "info" });
const way = process.argv[2] ?? "";
const forever = () => delay(600_000);

const ways: Readonly<Record<string, (signal: AbortSignal) => Promise<void>>> = {
  obeys: (signal) => delay(600_000, undefined, { signal }).catch(() => undefined),
  ignores: forever,
  "ignores-with-short-grace": forever,
  ends: async () => undefined,
  throws: async () => {
    throw new Error("as planned");
  },
  "rejects-unheard": () => {
    void Promise.reject(new Error("nobody listens"));
    return forever();
  },
  "throws-uncaught": () => {
    setImmediate(() => {
      throw new Error("out of the blue");
    });
    return forever();
  },
};

const main = ways[way];
if (main === undefined) throw new Error(`no such way: ${way}`);
const graceMs = way === "ignores-with-short-grace" ? 50 : 60_000;
const code = await runUntilStopped({ log, graceMs }, (signal) => {
  log.info("begun");
  return main(signal);
});
process.exit(code);
