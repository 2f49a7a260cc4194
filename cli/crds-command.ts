import type { Command } from "commander";
import type { ClusterOptions } from "./read-state.ts";
import { addClusterOptions, attempt } from "./terminal.ts";

const help = `
A definition that knows more than this version does stays as it is: an older one would make the API server drop fields that objects have.

Exit codes:
  0  the cluster has what this version needs
  1  something could not be read or written
  3  nothing was done, since a definition is of no version of podnet`;

/** Adds `podnet crds apply`; its code is loaded when it is called. */
export function addCrdsCommand(program: Command): void {
  const crds = program.command("crds").description("The CustomResourceDefinitions of podnet's kinds.");
  const command = crds
    .command("apply")
    .description("Creates them, or brings them up to date with this version; deletes nothing. The chart's upgrade does this.")
    .addHelpText("after", help);
  addClusterOptions(command).action((options: ClusterOptions) =>
    attempt("crds apply", async () => {
      const { runCrdsApply } = await import("./run-crds.ts");
      return runCrdsApply(options);
    }),
  );
}
