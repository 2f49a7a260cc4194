import { Command } from "commander";
import { addCleanupCommand } from "./cleanup-command.ts";
import { addCrdsCommand } from "./crds-command.ts";
import { addPlanCommand } from "./plan-command.ts";
import { addSnapshotCommand } from "./snapshot-command.ts";
import { startedStage } from "./stage.ts";

const program = new Command("podnet").description("A declarative, GitOps-friendly pod network for Kubernetes.");
for (const [name, description] of [
  ["operator", "Turns PodNetworks into one subnet per node and family; runs until it is stopped."],
  ["webhook", "Refuses PodNetworks that overlap; runs until it is stopped."],
  ["agent", "Programs this node; runs until it is stopped."],
] as const) {
  const command = program.command(name).description(description);
  command.action(async () => process.exit(await startedStage(name)));
  if (name === "agent") addCleanupCommand(command);
}
addPlanCommand(program);
addSnapshotCommand(program);
addCrdsCommand(program);

await program.parseAsync();
