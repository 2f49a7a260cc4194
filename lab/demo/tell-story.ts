import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../tools/problem.ts";
import type { Progress } from "../../tools/progress.ts";
import type { Lab } from "../lab.ts";
import { applyObject, readyPods, testDaemonSet } from "../pod.ts";
import { startSourceServer } from "../source-server.ts";
import { waitUntil } from "../wait-until.ts";
import { examples, type Situation } from "./situation.ts";

const root = join(import.meta.dirname, "../..");

/**
 * The story: podnet is started, in whatever way, on a lab of bare nodes, an example is applied, its network becomes Ready, two pods run on every node.
 * Throws a Problem that names the step which did not happen, and where the logs are.
 */
export async function tellStory(
  lab: Lab,
  example: string,
  progress: Progress,
  start: () => Promise<unknown>,
): Promise<Situation> {
  await progress.during("starting podnet: operators, webhooks, an agent on each node", start);
  const manifest = await readFile(join(root, "examples", `${example}.yaml`), "utf8");
  const applied = performance.now();
  await mustSucceed(lab, ["apply", "-f", "-"], manifest);
  await progress.during("waiting for the PodNetwork to be Ready", () =>
    mustSucceed(lab, ["wait", "--for=condition=Ready", "podnetwork/default", "--timeout=60s"]),
  );
  const readyAfterSeconds = (performance.now() - applied) / 1000;
  await Promise.all(["here", "there"].map((set) => applyObject(lab, testDaemonSet(set))));
  const [pods, neighbours] = await progress.during("waiting for pods on all nodes", () =>
    Promise.all([
      readyPods(lab, "here", lab.nodes.length),
      readyPods(lab, "there", lab.nodes.length),
      startSourceServer(lab.host("outside")),
    ]),
  );
  await progress.during("waiting for every Node to name its peers", () => untilPeersAreNamed(lab));
  return { lab, pods, neighbours, families: examples[example] ?? [], readyAfterSeconds };
}

/** Counts of peers are written lazily, so that a node's joining costs no write per other node: they are right a little later. */
async function untilPeersAreNamed(lab: Lab): Promise<void> {
  const messages = "--output=jsonpath={.items[*].status.conditions[?(@.type=='NetworkUnavailable')].message}";
  await waitUntil("every Node to name its peers", 30_000, async () => {
    const { stdout } = await lab.kubectl(["get", "nodes", messages]);
    return stdout.split(`${lab.nodes.length - 1} peers`).length - 1 === lab.nodes.length || undefined;
  });
}

async function mustSucceed(lab: Lab, args: readonly string[], stdin?: string): Promise<void> {
  const { code, stderr } = await lab.kubectl(args, stdin === undefined ? {} : { stdin });
  if (code !== 0) throw new Problem(`kubectl ${args.join(" ")} failed: ${stderr.trim()} The logs are in ${lab.logsDirectory}.`);
}
