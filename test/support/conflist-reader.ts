import { readFileSync } from "node:fs";
import { parseConflist } from "../../cni/plan/conflist.ts";

// `FILE COUNT`: reads the file again and again, as fast as it can, until it has seen COUNT different texts; says so, and fails at once on one that is no configuration.
const [file = "", count] = process.argv.slice(2);
const seen = new Set<string>();
console.log("reading");
for (let reads = 0; ; reads++) {
  const text = readFileSync(file, "utf8");
  if (parseConflist(text) === undefined) throw new Error(`read ${reads} gave ${JSON.stringify(text.slice(0, 200))}`);
  seen.add(text);
  if (seen.size >= Number(count)) {
    console.log(`read ${reads} times`);
    break;
  }
}
