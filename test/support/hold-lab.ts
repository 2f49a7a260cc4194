import { noNodes, oneNode } from "../../lab/instance.ts";
import { startLab } from "../../lab/start-lab.ts";
import { runCommand } from "../../tools/problem.ts";

// Run as a program: brings a lab up, tells its folder, and holds it until it is killed.
const [name = "", shape = ""] = process.argv.slice(2);
await runCommand(async () => {
  const lab = await startLab(shape === "one-node" ? oneNode(name) : shape === "hosts" ? oneNode(name, "hosts") : noNodes(name));
  process.stdout.write(`${lab.directory}\n`);
  await new Promise((resolve) => setTimeout(resolve, 600_000));
  return 0;
});
