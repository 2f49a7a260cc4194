import { readFileSync } from "node:fs";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { untilApplication, isSyncedAndHealthy } from "../../lab/argocd/application.ts";
import { repositoryUrl, type RunningArgocd, startArgocd } from "../../lab/argocd/start-argocd.ts";
import { threeNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { type Installation, valuesOf } from "../../lab/podnet/install-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { provideBinaries } from "../../tools/binaries.ts";
import { provideImage } from "../../tools/image/provide-image.ts";
import { DEBIAN_PACKAGES, GITOPS_PACKAGES, provideDebianPackages } from "../../tools/packages.ts";
import type { Progress } from "../../tools/progress.ts";
import { commandsBelow, runDocCommand } from "./doc-commands.ts";
import { succeed } from "./succeed.ts";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "deploy/argocd");

/** Nobody wants to wait a minute for a heartbeat, or for a subnet to be drained. */
const hasty = {
  operator: { PODNET_HEARTBEAT_SECONDS: "3", PODNET_LEASE_SECONDS: "4" },
  webhook: { PODNET_HEARTBEAT_SECONDS: "3" },
  agent: { PODNET_HEARTBEAT_SECONDS: "3", PODNET_DRAIN_SECONDS: "2", PODNET_LEAK_SECONDS: "5" },
};

/** Three bare nodes without a pod network, and an Argo CD that is to bring it to them. */
export interface GitopsLab {
  readonly lab: Lab;
  readonly argocd: RunningArgocd;
  /** How podnet is installed here. */
  readonly installation: Installation;
}

/** The manifests of `deploy/argocd`, as data. */
export function readManifest(file: string): Manifest {
  return parse(readFileSync(join(folder, file), "utf8"));
}

/** An Application or a PodNetwork. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What the Application of a manifest is in the lab: with the lab's repositories, and with these values of the chart, too, where it has any. */
export function inLab(manifest: Manifest, values: object): Manifest {
  const source = sourceOf(manifest);
  const [, name = ""] = /([\w-]+)\.git$/.exec(source.repoURL) ?? [];
  const helm =
    source.helm === undefined ? {} : { helm: { ...source.helm, valuesObject: { ...source.helm.valuesObject, ...values } } };
  return {
    ...manifest,
    spec: { ...manifest.spec, source: { ...source, ...helm, repoURL: repositoryUrl(name), targetRevision: "main" } },
  };
}

interface Source {
  readonly repoURL: string;
  readonly targetRevision: string;
  readonly path: string;
  readonly helm?: { readonly releaseName: string; readonly valuesObject: object };
}

/** Where an Application has its objects from. */
export function sourceOf({ spec }: Manifest): Source {
  return spec["source"] as Source;
}

/** Starts the lab, and Argo CD beside it with the settings that podnet asks for; its chart is in the repository `podnet` as in this checkout. */
export async function startGitopsLab(name: string, progress: Progress): Promise<GitopsLab> {
  await provideDebianPackages([...DEBIAN_PACKAGES, ...GITOPS_PACKAGES], progress);
  const binaries = await provideBinaries(["helm", "argocd"], progress);
  const { name: image, archive } = await provideImage(progress);
  const lab = await startLab(threeNodes(name), { progress, imageArchives: [archive] });
  try {
    const argocd = await startArgocd(lab, {
      binaries,
      configure: tellArgocd,
      repositories: ["podnet", "platform"],
      compareSeconds: 10,
    });
    const podnet = argocd.repository("podnet");
    await cp(join(root, "deploy/chart"), join(podnet.workTree, "deploy/chart"), { recursive: true });
    await podnet.commit("podnet's chart");
    return { lab, argocd, installation: { image, helm: binaries.helm, env: hasty } };
  } catch (error) {
    await lab.stop({ keepLogs: true });
    throw error;
  }
}

/** As docs/gitops.md says. */
async function tellArgocd(lab: Lab): Promise<void> {
  const settings = "deploy/argocd/argocd-cm.yaml";
  for (const command of commandsBelow("docs/gitops.md", "What Argo CD has to know"))
    await runDocCommand(lab, command, { [settings]: join(root, settings) });
  const { data }: { readonly data: Readonly<Record<string, string>> } = JSON.parse(
    await succeed(lab.kubectl(["get", "configmap", "argocd-cm", "--namespace=argocd", "--output=json"])),
  );
  const exclusions = `${data["resource.exclusions"] ?? ""}\n${await readFile(join(folder, "exclusions.yaml"), "utf8")}`;
  const patch = JSON.stringify({ data: { "resource.exclusions": exclusions } });
  await succeed(lab.kubectl(["patch", "configmap", "argocd-cm", "--namespace=argocd", "--type=merge", `--patch=${patch}`]));
}

/** Puts these networks into Git: name → spec; undefined removes one. */
export function networkFiles(
  specs: Readonly<Record<string, object | undefined>>,
  annotations: object = {},
): Record<string, string | undefined> {
  const manifest = readManifest("hub/networks/default.yaml");
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [
      `clusters/fresh/networks/${name}.yaml`,
      spec &&
        stringify({ ...manifest, metadata: { name, annotations: { ...manifest.metadata.annotations, ...annotations } }, spec }),
    ]),
  );
}

/** Has Argo CD bring podnet and these networks to the cluster, as a hub does; resolves once all is Synced and Healthy. */
export async function installFromHub(
  { lab, argocd, installation }: GitopsLab,
  networks: Readonly<Record<string, object>>,
): Promise<void> {
  const values = valuesOf(installation);
  const apps = ["podnet", "pod-networks"].map((name) => [
    `clusters/fresh/apps/${name}.yaml`,
    stringify(inLab(readManifest(`hub/apps/${name}.yaml`), values)),
  ]);
  await argocd.repository("platform").commit("a fresh cluster", { ...Object.fromEntries(apps), ...networkFiles(networks) });
  const fresh = inLab(readManifest("hub/root.yaml"), {});
  await succeed(lab.kubectl(["apply", "-f", "-"], { stdin: JSON.stringify(fresh) }));
  await untilApplication(lab, "fresh", "all waves healthy", isSyncedAndHealthy, 150_000);
}
