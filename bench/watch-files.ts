// node bench/watch-files.ts PATH …: prints `PATH TEXT` for each of them, and again whenever the text is another one; `absent` where there is no such file. Line ends within a text become
// spaces. Settings under /proc tell nobody of their changes, so all are read again and again.
import { readFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

/** Between two looks; short beside what is measured, and a small part of a processor. Whoever has to wait for one misses what is put right meanwhile. */
const everyMs = 2;

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8").trim().replaceAll("\n", " ");
  } catch {
    return "absent";
  }
}

async function watch(paths: readonly string[]): Promise<never> {
  setPriority(constants.priority.PRIORITY_HIGHEST);
  const seen = new Map<string, string>();
  for (;;) {
    for (const path of paths) {
      const text = textOf(path);
      if (seen.get(path) !== text) console.log(`${path} ${text}`);
      seen.set(path, text);
    }
    await delay(everyMs);
  }
}

if (import.meta.main) await watch(process.argv.slice(2));
