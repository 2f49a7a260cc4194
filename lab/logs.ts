import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../tools/problem.ts";
import { recordNamed, runInForeground } from "./shell.ts";

/** Of log files named `<host>-<process>.log`, those of a host or of a process on any host, e.g. `"node-1"` or `"kubelet"`. */
export function chooseLogs(files: readonly string[], wanted: string | undefined): readonly string[] {
  if (wanted === undefined) return files;
  return files.filter((file) => file.startsWith(`${wanted}-`) || file.endsWith(`-${wanted}.log`));
}

/** `lab logs`: the last lines of the logs of a host, or of a process on any host, or of all. */
export async function logs(name: string, wanted: string | undefined, follow: boolean): Promise<number> {
  const directory = join(recordNamed(name).directory, "logs");
  const files = readdirSync(directory).toSorted();
  const chosen = chooseLogs(files, wanted);
  if (chosen.length === 0) {
    throw new Problem(`The lab ${name} has no log of ${wanted ?? "anything"} in ${directory}: there are ${files.join(", ")}.`);
  }
  const argv = ["tail", ...(follow ? ["-F"] : []), "-n", "20", "--", ...chosen.map((file) => join(directory, file))];
  return runInForeground(argv, process.env);
}
