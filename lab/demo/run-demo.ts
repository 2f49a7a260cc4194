import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DEBIAN_PACKAGES, provideDebianPackages } from "../../tools/packages.ts";
import { Problem } from "../../tools/problem.ts";
import { openProgress, type Progress } from "../../tools/progress.ts";
import { threeNodes } from "../instance.ts";
import type { Lab } from "../lab.ts";
import { applyObject, readyPods, testDaemonSet } from "../pod.ts";
import { startPodnet } from "../podnet/start-podnet.ts";
import { startSourceServer } from "../source-server.ts";
import { startLab } from "../start-lab.ts";
import { linkKubeconfig } from "../kubeconfig-link.ts";
import { directoryInCheckout, renderUsage } from "../up.ts";
import { networkSections } from "./network-sections.ts";
import { nodeSections } from "./node-sections.ts";
import { outsideSection } from "./outside-section.ts";
import { podSection, reachSections } from "./pod-sections.ts";
import { refusalSections } from "./refusal-section.ts";
import { renderSection, type Section } from "./section.ts";
import { examples, type Situation } from "./situation.ts";

export interface DemoOptions {
  /** A key of `examples`. */
  readonly example: string;
  readonly keep: boolean;
  readonly name: string;
}

const root = join(import.meta.dirname, "../..");

/** Runs the whole demo; gives 0 when everything that was looked at is right. */
export async function runDemo({ example, keep, name }: DemoOptions): Promise<number> {
  const began = performance.now();
  const progress = openProgress();
  await provideDebianPackages(DEBIAN_PACKAGES, progress);
  progress.say(`podnet demo: three nodes, examples/${example}.yaml`);
  const directory = keep ? { directory: directoryInCheckout(name) } : {};
  const lab = await startLab(threeNodes(name), { progress, ...directory });
  let kept = false;
  try {
    const situation = await progress.during("the story: network, nodes, pods", () => tell(lab, example, progress));
    const sections = await look(situation);
    const wrong = sections.flatMap((section) =>
      section.verdicts.filter((verdict) => !verdict.ok).map(({ found }) => `${section.title}: ${found}`),
    );
    const checks = sections.reduce((sum, section) => sum + section.verdicts.length, 0);
    const seconds = Math.round((performance.now() - began) / 1000);
    if (wrong.length > 0) {
      kept = true;
      await lab.stop({ keepLogs: true });
      process.stdout.write(
        `\n${wrong.length} of ${checks} checks are wrong:\n${wrong.map((line) => `  ✗ ${line}`).join("\n")}\n`,
      );
      process.stdout.write(`The logs of every process are in ${lab.logsDirectory}.\n`);
      return 1;
    }
    process.stdout.write(`\nAll ${checks} checks are right, ${seconds} s after the start.\n`);
    if (!keep) return 0;
    kept = true;
    await lab.keep();
    process.stdout.write(`\n${renderUsage(lab, linkKubeconfig(lab.directory))}\n`);
    return 0;
  } finally {
    if (!kept) await progress.during("taking the lab down", () => lab.stop());
  }
}

async function tell(lab: Lab, example: string, progress: Progress): Promise<Situation> {
  const podnet = await progress.during("starting podnet: operator, webhook, three agents", () => startPodnet(lab));
  const manifest = await readFile(join(root, "examples", `${example}.yaml`), "utf8");
  await mustSucceed(lab, ["apply", "-f", "-"], manifest);
  await progress.during("waiting for the PodNetwork to be Ready", () =>
    mustSucceed(lab, ["wait", "--for=condition=Ready", "podnetwork/default", "--timeout=60s"]),
  );
  await Promise.all(["here", "there"].map((set) => applyObject(lab, testDaemonSet(set))));
  const [pods, neighbours] = await progress.during("waiting for pods on all nodes", () =>
    Promise.all([
      readyPods(lab, "here", lab.nodes.length),
      readyPods(lab, "there", lab.nodes.length),
      startSourceServer(lab.host("outside")),
    ]),
  );
  await progress.during("waiting for every Node to name its peers", () => untilPeersAreNamed(lab));
  return { lab, podnet, pods, neighbours, families: examples[example] ?? [] };
}

async function look(situation: Situation): Promise<Section[]> {
  const sections: Section[] = [];
  const show = (more: readonly Section[]): void => {
    for (const section of more) process.stdout.write(renderSection(section));
    sections.push(...more);
  };
  show(await networkSections(situation));
  show(await nodeSections(situation));
  show([await podSection(situation)]);
  show(await reachSections(situation));
  show([await outsideSection(situation)]);
  show(await refusalSections(situation));
  return sections;
}

/** Counts of peers are written lazily, so that a node's joining costs no write per other node: they are right a little later. */
async function untilPeersAreNamed(lab: Lab): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    const { stdout } = await lab.kubectl([
      "get",
      "nodes",
      "--output=jsonpath={.items[*].status.conditions[?(@.type=='NetworkUnavailable')].message}",
    ]);
    if (stdout.split(`${lab.nodes.length - 1} peers`).length - 1 === lab.nodes.length) return;
    await delay(200);
  }
}

async function mustSucceed(lab: Lab, args: readonly string[], stdin?: string): Promise<void> {
  const { code, stderr } = await lab.kubectl(args, stdin === undefined ? {} : { stdin });
  if (code !== 0) throw new Problem(`kubectl ${args.join(" ")} failed: ${stderr.trim()} The logs are in ${lab.logsDirectory}.`);
}
