import { Command, Option } from "commander";
import { runCommand } from "../tools/problem.ts";
import { examples } from "./demo/situation.ts";
import { runDev } from "./dev/run-dev.ts";

const program = new Command("npm run dev --")
  .description(
    "Brings up a three-node Kubernetes with podnet as processes of this checkout, and starts anew what a changed source concerns.",
  )
  .addOption(new Option("--example <name>", "which of examples/ to apply").choices(Object.keys(examples)).default("three-nodes"))
  .option("--name <name>", "name of the lab; two of one name cannot run at once", "dev");

const options = program.parse().opts<{ example: string; name: string }>();
await runCommand(() => runDev(options));
