import { type Command, InvalidArgumentError, Option } from "commander";
import { outputs } from "./output.ts";
import type { PlanOptions } from "./run-plan.ts";
import { addClusterOptions, attempt } from "./terminal.ts";

const help = `
Exit codes:
  0  nothing changes
  1  an error: no plan could be made
  2  something changes
  3  something is refused: by the schema, the rules, admission or the ledger`;

/** Adds `podnet plan`; its code is loaded when it is called. */
export function addPlanCommand(program: Command): void {
  const command = program
    .command("plan")
    .description("Shows exactly what applying PodNetworks does: subnets, routes, capacity, refusals. Changes nothing.")
    .requiredOption(
      "-f, --filename <path...>",
      "files or folders with PodNetworks, or - for standard input; other kinds are passed over",
    )
    .option("--snapshot <file>", "plan against a file made by podnet snapshot, not against a cluster")
    .option("--prune", "the files are the whole truth: networks that none of them has are deleted")
    .addOption(new Option("-o, --output <format>", "how to show it").choices(outputs).default("table"))
    .option("--limit <rows>", "rows of each list in tables and Markdown", rows, 50)
    .option("--objects", "put the planned NodeSubnets, NodeNetworks and RangeLedger into JSON and YAML");
  addClusterOptions(command)
    .addHelpText("after", help)
    .action((options: PlanOptions) =>
      attempt("plan", async () => {
        const { runPlan } = await import("./run-plan.ts");
        return runPlan(options);
      }),
    );
}

function rows(text: string): number {
  const number = Number(text);
  if (/^\d{1,6}$/.test(text) && number > 0) return number;
  throw new InvalidArgumentError("a whole number from 1 to 999999 is needed.");
}
