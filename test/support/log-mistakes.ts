import { readFileSync } from "node:fs";
import type { RunningPodnet } from "../../lab/podnet/start-podnet.ts";

/** Errors that come of a mistake in the program, whatever the world does. */
const mistake = /"type":"(?:TypeError|ReferenceError|RangeError|AssertionError|Bug)"/;

/** The lines of a log that tell of a mistake in the program. Such an error is handled like any other, so that nothing else may show it. */
export function mistakesIn(log: string): string[] {
  return log.split("\n").filter((line) => mistake.test(line));
}

/** The same, of all parts of podnet on a lab, as started last. */
export function mistakesOf({ operator, webhook, agents }: RunningPodnet): string[] {
  return [operator, webhook, ...agents.values()].flatMap(({ process }) =>
    process === undefined ? [] : mistakesIn(readFileSync(process.logFile, "utf8")),
  );
}
