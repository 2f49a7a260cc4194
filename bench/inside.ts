import { connectAs, type RoleClients } from "../lab/connect-as.ts";
import { connect, type KubeClient } from "../lib/kube/client.ts";
import { runCommand } from "../tools/problem.ts";
import { addNode } from "./task/add-node.ts";
import { admit, createNetworks, isOverlapRefused } from "./task/admit.ts";
import { clear } from "./task/clear.ts";
import { createNetwork } from "./task/create-network.ts";
import { joinNodes } from "./task/join-nodes.ts";
import { plainCreates } from "./task/plain-creates.ts";
import { heartbeats, reportAll } from "./task/report.ts";

/** What can be done inside the lab, next to the API server and without a forwarded port between: name → task. */
export const tasks = {
  addNode,
  clear,
  createNetwork,
  joinNodes,
  plainCreates,
  heartbeats,
  reportAll,
  admit,
  createNetworks,
  isOverlapRefused,
} as const;

export type Tasks = typeof tasks;

/** A task whose input comes from outside, as JSON. */
interface Task {
  run(client: KubeClient, input: object, roles: RoleClients): Promise<unknown>;
}

/** node bench/inside.ts <kubeconfig> <task> <input as JSON>: prints what comes out, as JSON. */
async function main([kubeconfig = "", name = "", input = "{}"]: readonly string[]): Promise<number> {
  const task = new Map(Object.entries(tasks).map(([name, run]): [string, Task] => [name, { run }])).get(name);
  if (task === undefined) throw new Error(`there is no task ${name}`);
  const client = await connect({ access: { from: "kubeconfig", path: kubeconfig }, userAgent: "bench" });
  const roles = connectAs(kubeconfig, "bench");
  try {
    process.stdout.write(JSON.stringify(await task.run(client, JSON.parse(input), roles)));
  } finally {
    await roles.close();
    await client.close();
  }
  return 0;
}

if (import.meta.main) await runCommand(() => main(process.argv.slice(2)));
