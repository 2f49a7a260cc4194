import type { Command } from "commander";
import { attempt } from "./terminal.ts";

const help = `
It reads the same variables as the agent (PODNET_CNI_CONF_DIR and so on). Settings under /proc/sys stay as they are.

Exit codes:
  0  nothing of podnet is left on this node
  1  something could not be removed
  3  nothing was done, since pods have addresses here or an agent runs`;

/** Adds `podnet agent cleanup`; its code is loaded when it is called. */
export function addCleanupCommand(agent: Command): void {
  agent
    .command("cleanup")
    .description(
      "Removes everything of podnet from this node, and nothing else: CNI configuration, bridge, routes, nftables tables, leases, plugins, journal.",
    )
    .option(
      "--with-pods",
      "also while pods have addresses: they lose their network, and the runtime cannot delete them in good order",
    )
    .addHelpText("after", help)
    .action((options: { readonly withPods?: boolean }) =>
      attempt("agent cleanup", async () => {
        const { runCleanup } = await import("./run-cleanup.ts");
        return runCleanup({ withPods: options.withPods === true });
      }),
    );
}
