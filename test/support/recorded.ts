import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What a tool of that version once printed, e.g. `recorded("iproute2-6.1.0/link-show.json")`. */
export function recorded(name: string): string {
  return readFileSync(join(import.meta.dirname, "../../lib/linux/kinds/testdata", name), "utf8");
}
