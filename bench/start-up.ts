import type { Host } from "../lab/host.ts";
import type { Lab } from "../lab/lab.ts";
import { Problem } from "../tools/problem.ts";
import type { Figure } from "./figure.ts";

/** Stage → the port of its health page in a pod. */
const healthPorts = { agent: 9442, operator: 9441, webhook: 9444 } as const;

const patienceMs = 60_000;

/**
 * How long each process of podnet takes from its start until it says that it is ready: each is killed in its pod, and the one that kubelet starts instead is
 * followed. All of a stage at once, as in an upgrade of a small cluster; of each stage the slowest.
 */
export async function startUpOfStages(lab: Lab): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [stage, port] of Object.entries(healthPorts)) {
    const seconds = (await Promise.all(lab.nodes.map((node) => startUp(node, stage, port)))).flat();
    figures.push({ what: `${stage}: from its start until it is ready`, unit: "s", values: [Math.max(...seconds)] });
  }
  return figures;
}

/** None where this node has no such pod. */
async function startUp(node: Host, stage: string, port: number): Promise<number[]> {
  const argv = [process.execPath, "--input-type=module", "--eval", program, stage, String(port), String(patienceMs)];
  const { code, stdout, stderr } = await node.run(argv, { timeoutMs: patienceMs + 10_000 });
  if (code !== 0) throw new Problem(`On ${node.name} the ${stage} was not followed when it started anew: ${stderr.trim()}`);
  return stdout.trim() === "" ? [] : [Number(stdout)];
}

/** Run inside a node: kills the process of a stage, and prints how many seconds its successor took. Times of processes are in hundredths of a second since the machine's start. */
const program = `
import { readdirSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
const [, stage, port, patience] = process.argv;
const deadline = Date.now() + Number(patience);
const read = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};
const find = () => readdirSync("/proc").find((pid) => read("/proc/" + pid + "/cmdline").includes("podnet.mjs\\0" + stage + "\\0"));
const isReady = () => new Promise((resolve) => {
  const request = get({ port, host: "127.0.0.1", path: "/readyz", agent: false, timeout: 1_000 }, (answer) => {
    answer.resume();
    resolve(answer.statusCode === 200);
  });
  request.once("timeout", () => request.destroy());
  request.once("error", () => resolve(false));
});
const first = find();
if (first !== undefined) {
  process.kill(Number(first), "SIGKILL");
  for (;;) {
    const next = find();
    if (next !== undefined && next !== first && (await isReady())) {
      const started = Number(read("/proc/" + next + "/stat").split(") ")[1].split(" ")[19]) / 100;
      console.log(Number(read("/proc/uptime").split(" ")[0]) - started);
      break;
    }
    if (Date.now() > deadline) throw new Error("no " + stage + " became ready on port " + port);
    await delay(10);
  }
}`;
