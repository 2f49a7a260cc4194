import { DEBIAN_PACKAGES, provideDebianPackages } from "../../tools/packages.ts";
import { provideBinaries } from "../../tools/binaries.ts";
import { provideImage } from "../../tools/image/provide-image.ts";
import { openProgress } from "../../tools/progress.ts";
import { threeNodes } from "../instance.ts";
import type { Lab } from "../lab.ts";
import { installPodnet } from "../podnet/install-podnet.ts";
import { startLab } from "../start-lab.ts";
import { linkKubeconfig } from "../kubeconfig-link.ts";
import { directoryInCheckout, renderUsage } from "../up.ts";
import { networkSections } from "./network-sections.ts";
import { nodeSections } from "./node-sections.ts";
import { outsideSection } from "./outside-section.ts";
import { podSection, reachSections } from "./pod-sections.ts";
import { figuresSection, podnetSection, type Times } from "./podnet-sections.ts";
import { refusalSections } from "./refusal-section.ts";
import { renderOutcome, renderSection, type Section } from "./section.ts";
import { serviceSections } from "./service-section.ts";
import { tellStory } from "./tell-story.ts";
import type { Situation } from "./situation.ts";

export interface DemoOptions {
  /** A key of `examples`. */
  readonly example: string;
  readonly keep: boolean;
  readonly name: string;
}

/** Nobody wants to wait a minute for a heartbeat. */
const often = { PODNET_HEARTBEAT_SECONDS: "3" };
const hasty = { operator: often, webhook: often, agent: often };

/** Runs the whole demo; gives 0 when everything that was looked at is right. */
export async function runDemo({ example, keep, name }: DemoOptions): Promise<number> {
  const began = performance.now();
  const progress = openProgress();
  await provideDebianPackages(DEBIAN_PACKAGES, progress);
  progress.say(`podnet demo: three nodes, examples/${example}.yaml`);
  const { helm } = await provideBinaries(["helm"], progress);
  const { name: image, archive } = await provideImage(progress);
  const directory = keep ? { directory: directoryInCheckout(name) } : {};
  const lab = await startLab(threeNodes(name), { progress, imageArchives: [archive], ...directory });
  try {
    const times = { installedSeconds: 0 };
    const start = async () => {
      const from = performance.now();
      await installPodnet(lab, { helm, image, env: hasty });
      times.installedSeconds = (performance.now() - from) / 1000;
    };
    const situation = await progress.during("the story: network, nodes, pods", () => tellStory(lab, example, progress, start));
    const sections = await look(situation, times);
    const seconds = Math.round((performance.now() - began) / 1000);
    const { text, right } = renderOutcome(sections, seconds);
    process.stdout.write(text);
    if (!right) return await endWithLogs(lab);
  } catch (error) {
    await endWithLogs(lab);
    throw error;
  }
  if (keep) {
    await lab.keep();
    process.stdout.write(`\n${renderUsage(lab, linkKubeconfig(lab.directory))}\n`);
  } else await progress.during("taking the lab down", () => lab.stop());
  return 0;
}

/** Ends the lab but for its logs, says where they are, and gives the exit code. */
async function endWithLogs(lab: Lab): Promise<number> {
  await lab.stop({ keepLogs: true });
  process.stdout.write(`The logs of every process are in ${lab.logsDirectory}.\n`);
  return 1;
}

async function look(situation: Situation, times: Times): Promise<Section[]> {
  const sections: Section[] = [];
  const show = (more: readonly Section[]): void => {
    for (const section of more) process.stdout.write(renderSection(section));
    sections.push(...more);
  };
  show([await podnetSection(situation.lab)]);
  show(await networkSections(situation));
  show(await nodeSections(situation));
  show([await podSection(situation)]);
  show(await reachSections(situation));
  show(await serviceSections(situation));
  show([await outsideSection(situation)]);
  show(await refusalSections(situation));
  show([await figuresSection(situation, times)]);
  return sections;
}
