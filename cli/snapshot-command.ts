import type { Command } from "commander";
import type { SnapshotOptions } from "./run-snapshot.ts";
import { addClusterOptions, attempt } from "./terminal.ts";

/** Adds `podnet snapshot`; its code is loaded when it is called. */
export function addSnapshotCommand(program: Command): void {
  const command = program
    .command("snapshot")
    .description("Writes down all of a cluster that podnet plan needs, to plan without the cluster. Needs list on six kinds.")
    .option("-o, --output <file>", "where to, instead of standard output");
  addClusterOptions(command).action((options: SnapshotOptions) =>
    attempt("snapshot", async () => {
      const { runSnapshot } = await import("./run-snapshot.ts");
      return runSnapshot(options);
    }),
  );
}
