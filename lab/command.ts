import { Command } from "commander";
import { requireLinux, requireRoot } from "../tools/preflight.ts";
import { runCommand } from "../tools/problem.ts";
import { down } from "./down.ts";
import { LEVELS } from "./instance.ts";
import { logs } from "./logs.ts";
import { kubectl, shell } from "./shell.ts";
import { status } from "./status.ts";
import { SHAPES, up } from "./up.ts";
import type { UpRequest } from "./up.ts";

interface Named {
  readonly name: string;
}

const NAME = ["--name <name>", "the lab's name; labs of different names do not meet", "demo"] as const;

/** `npm run lab -- …` as a command tree; `run` is given what the chosen command does. */
function labCommand(run: (work: () => Promise<number>) => Promise<void>): Command {
  const program = new Command("lab").description("A real Kubernetes on this machine, in network namespaces.");
  program.enablePositionalOptions();
  program
    .command("up")
    .description("Bring a lab up; it stays until it is taken down.")
    .option(...NAME)
    .option("--level <level>", LEVELS.join(", "), "everything")
    .option("--shape <shape>", [...SHAPES.keys()].join(", "), "three-nodes")
    .action((options: UpRequest) => run(() => up(options)));
  program
    .command("down")
    .description("Remove a lab, and whatever killed labs have left.")
    .option(...NAME)
    .action(({ name }: Named) => run(() => down(name)));
  program
    .command("status")
    .description("Every lab of this machine, its processes and nodes.")
    .action(() => run(status));
  program
    .command("shell [host] [command...]")
    .description("A shell, or a command, inside a host.")
    .option(...NAME)
    .passThroughOptions()
    .action((host: string | undefined, command: string[], { name }: Named) =>
      run(() => shell(name, host ?? "control-plane", command)),
    );
  program
    .command("kubectl [arguments...]")
    .description("The pinned kubectl, as an administrator.")
    .option(...NAME)
    .passThroughOptions()
    .action((words: string[], { name }: Named) => run(() => kubectl(name, words)));
  program
    .command("logs [host-or-process]")
    .description("The last lines of logs.")
    .option(...NAME)
    .option("--follow", "go on as they grow", false)
    .action((wanted: string | undefined, { name, follow }: Named & { readonly follow: boolean }) =>
      run(() => logs(name, wanted, follow)),
    );
  return program;
}

/** Every command needs the lab's namespaces and files, which are root's. */
function runAsRoot(work: () => Promise<number>): Promise<void> {
  return runCommand(async () => {
    requireLinux("The lab");
    requireRoot("The lab");
    return work();
  });
}

await labCommand(runAsRoot).parseAsync();
