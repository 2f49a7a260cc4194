import { Command, Option } from "commander";
import { runCommand } from "../tools/problem.ts";
import { runDemo } from "./demo/run-demo.ts";
import { examples } from "./demo/situation.ts";

const program = new Command("npm run demo --")
  .description("Brings up a three-node Kubernetes on this machine, runs podnet on it, and shows that everything works.")
  .addOption(new Option("--example <name>", "which of examples/ to apply").choices(Object.keys(examples)).default("three-nodes"))
  .option("--keep", "leave the cluster running and print how to use it", false)
  .option("--name <name>", "name of the lab; two of one name cannot run at once", "demo");

const options = program.parse().opts<{ example: string; keep: boolean; name: string }>();
await runCommand(() => runDemo(options));
