import { noNodes, oneNode } from "../../lab/instance.ts";
import type { Instance } from "../../lab/instance.ts";
import { startPodnet } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { runCommand } from "../../tools/problem.ts";

/** What the second argument asks for. */
const shapes: Readonly<Record<string, (name: string) => Instance>> = {
  "one-node": oneNode,
  hosts: (name) => oneNode(name, "hosts"),
  "control-plane": noNodes,
  kept: oneNode,
};

// Run as a program: brings a lab up, tells its folder, and holds it until it is killed; one that is kept runs podnet and stays by itself.
const [name = "", shape = ""] = process.argv.slice(2);
await runCommand(async () => {
  const lab = await startLab((shapes[shape] ?? noNodes)(name));
  if (shape === "kept") {
    await startPodnet(lab);
    await lab.keep();
    return 0;
  }
  process.stdout.write(`${lab.directory}\n`);
  await new Promise((resolve) => setTimeout(resolve, 600_000));
  return 0;
});
