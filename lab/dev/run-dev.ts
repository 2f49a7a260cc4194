import { dirname, join } from "node:path";
import { DEBIAN_PACKAGES, provideDebianPackages } from "../../tools/packages.ts";
import { openProgress } from "../../tools/progress.ts";
import { tellStory } from "../demo/tell-story.ts";
import { threeNodes } from "../instance.ts";
import { linkKubeconfig } from "../kubeconfig-link.ts";
import type { Lab } from "../lab.ts";
import type { Service } from "../node/service.ts";
import { installManifests, type RunningPodnet, startPodnet } from "../podnet/start-podnet.ts";
import { startLab } from "../start-lab.ts";
import { directoryInCheckout, renderUsage } from "../up.ts";
import { affectedBy, followed, type Part } from "./affected.ts";
import { type Builds, createBuilds } from "./builds.ts";
import { followSources } from "./follow-sources.ts";

const root = dirname(dirname(import.meta.dirname));

export interface DevOptions {
  /** A key of `examples`. */
  readonly example: string;
  readonly name: string;
}

/**
 * podnet as processes of this checkout, on three nodes, each started anew when its sources change, until this process is told to end. They run from a bundle:
 * where five start at once, to read hundreds of sources is what takes the time.
 */
export async function runDev({ example, name }: DevOptions): Promise<number> {
  const progress = openProgress();
  await provideDebianPackages(DEBIAN_PACKAGES, progress);
  const lab = await startLab(threeNodes(name), { progress, directory: directoryInCheckout(name) });
  const builds = await createBuilds(join(lab.directory, "builds"));
  await builds.renew();
  let podnet: RunningPodnet | undefined;
  await tellStory(lab, example, progress, async () => (podnet = await startPodnet(lab, builds.program)));
  console.log(renderUsage(lab, linkKubeconfig(lab.directory)));
  console.log(`Following ${followed.join(", ")}; Ctrl-C takes the lab down.`);
  for await (const paths of followSources(root, followed, new AbortController().signal)) {
    const parts = affectedBy(paths);
    if (podnet !== undefined && parts.size > 0) console.log(await refresh(lab, { podnet, builds }, parts));
  }
  return 0;
}

interface Running {
  readonly podnet: RunningPodnet;
  readonly builds: Builds;
}

/** Brings parts up to date; gives what was done, or why it could not be, as a line for a person, who mends it and goes on. */
async function refresh(lab: Lab, { podnet, builds }: Running, parts: ReadonlySet<Part>): Promise<string> {
  const began = performance.now();
  try {
    if (parts.has("manifests")) await installManifests(lab);
    const services = servicesOf(podnet, parts);
    if (services.length > 0) await builds.renew();
    await Promise.all(services.map(restart));
    return `✓ ${[...parts].join(", ")}: up to date in ${((performance.now() - began) / 1000).toFixed(1)} s`;
  } catch (error) {
    if (error instanceof Error) return `✖ ${error.message}`;
    throw error;
  }
}

/** An operator gives its Lease back; the others would only wait for answers that nobody needs. */
async function restart({ end, service }: { readonly end: "stop" | "kill"; readonly service: Service }): Promise<void> {
  await service[end]();
  await service.start();
}

function servicesOf({ operator, webhook, agents }: RunningPodnet, parts: ReadonlySet<Part>): Parameters<typeof restart>[0][] {
  const killed = [...(parts.has("webhook") ? [webhook] : []), ...(parts.has("agent") ? agents.values() : [])];
  return [
    ...(parts.has("operator") ? [{ end: "stop", service: operator } as const] : []),
    ...killed.map((service) => ({ end: "kill", service }) as const),
  ];
}
