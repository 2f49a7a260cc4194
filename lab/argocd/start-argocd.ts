import { mkdir, symlink } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import type { BinaryPaths } from "../../tools/binaries.ts";
import { findProgram } from "../../tools/packages.ts";
import { Problem } from "../../tools/problem.ts";
import type { Host, LabProcess } from "../host.ts";
import type { Lab } from "../lab.ts";
import { untilHealthy } from "../podnet/health.ts";
import { createRepository, type GitRepository } from "./git-repository.ts";
import { argocdNamespace, installArgocd } from "./install-argocd.ts";

const readyMs = 60_000;

/** Ports on the loopback of the control plane's host, which is the lab's own. */
const ports = { git: 9418, redis: 6379, repoServer: 8081, repoServerHealth: 8084, controllerHealth: 8082 } as const;

/** How the lab's Argo CD differs from one that is installed. */
export interface ArgocdOptions {
  readonly binaries: BinaryPaths<"argocd" | "helm">;
  /** Changes the settings that Argo CD brings, before it starts. */
  readonly configure: (lab: Lab) => Promise<void>;
  /** Repositories to make: name, e.g. `"platform"`. */
  readonly repositories: readonly string[];
  /** How often Applications are compared without a reason. */
  readonly compareSeconds: number;
}

/** An Argo CD that manages the lab's cluster. */
export interface RunningArgocd {
  readonly repository: (name: string) => GitRepository;
  readonly controller: LabProcess;
}

/** Where Applications find a repository of this name. */
export function repositoryUrl(name: string): string {
  return `git://127.0.0.1:${ports.git}/${name}.git`;
}

/**
 * Starts Argo CD without its own API server and pages ("core") on the control plane's host: the application controller, the repository server, redis, and
 * a server of Git repositories. They are outside of the cluster, so they run before it has a pod network. All ends with the lab.
 * It knows the cluster by two names: as its own (`https://kubernetes.default.svc`), and as `fresh`, registered by a Secret as another cluster is.
 */
export async function startArgocd(lab: Lab, options: ArgocdOptions): Promise<RunningArgocd> {
  const host = lab.host("control-plane");
  const folder = join(lab.directory, "argocd");
  const repositories = join(folder, "repositories");
  for (const one of ["repositories", "tmp"]) await mkdir(join(folder, one), { recursive: true });
  const made = await Promise.all(
    options.repositories.map(async (name) => [name, await createRepository(join(repositories, `${name}.git`))] as const),
  );
  const known = new Map(made);
  host.start("git-daemon", gitDaemon(repositories));
  host.start("redis", await redis(folder));
  const kubeconfig = await installArgocd(lab, dirname(options.binaries["argocd-repo-server"]));
  await options.configure(lab);
  const [, controller] = await Promise.all([
    startRepoServer(host, folder, options.binaries),
    startController(host, folder, kubeconfig, options),
  ]);
  return { controller, repository: (name) => known.get(name) ?? missing(name) };
}

function missing(name: string): never {
  throw new Error(`there is no repository ${name}`);
}

function gitDaemon(folder: string): readonly string[] {
  const listen = ["--reuseaddr", "--listen=127.0.0.1", `--port=${ports.git}`];
  return ["git", "daemon", ...listen, "--export-all", `--base-path=${folder}`, folder];
}

/** The server is the program that checks its files, under another name. */
async function redis(folder: string): Promise<readonly string[]> {
  const program = findProgram("redis-check-rdb");
  if (program === undefined) throw new Problem("Argo CD needs redis-check-rdb, which is not on PATH (Debian: redis-tools).");
  const server = join(folder, "redis-server");
  await symlink(program, server);
  return [server, "--bind", "127.0.0.1", "--port", `${ports.redis}`, "--save", "", "--dir", folder];
}

function startRepoServer(host: Host, folder: string, binaries: BinaryPaths<"argocd" | "helm">): Promise<LabProcess> {
  const argv = [binaries["argocd-repo-server"], "--disable-tls", `--redis=127.0.0.1:${ports.redis}`, "--address=127.0.0.1"];
  const env = {
    PATH: [dirname(binaries.helm), process.env["PATH"] ?? ""].join(delimiter),
    HOME: folder,
    TMPDIR: join(folder, "tmp"),
    ARGOCD_GPG_ENABLED: "false",
    ARGOCD_ASK_PASS_SOCK: join(folder, "ask-pass.sock"),
    ARGOCD_PLUGINSOCKFILEPATH: join(folder, "tmp"),
  };
  return started(host, host.start("argocd-repo-server", argv, { env }), ports.repoServerHealth);
}

function startController(host: Host, folder: string, kubeconfig: string, options: ArgocdOptions): Promise<LabProcess> {
  const argv = [
    options.binaries["argocd-application-controller"],
    `--kubeconfig=${kubeconfig}`,
    `--namespace=${argocdNamespace}`,
    `--redis=127.0.0.1:${ports.redis}`,
    `--repo-server=127.0.0.1:${ports.repoServer}`,
    "--repo-server-plaintext",
    `--app-resync=${options.compareSeconds}`,
    "--app-resync-jitter=0",
    // So that kubectl shows what each object's health is and why, as Argo CD's pages do.
    "--persist-resource-health",
  ];
  // The own cluster is then that of the kubeconfig, as nothing here is a pod.
  const env = { ARGOCD_FAKE_IN_CLUSTER: "true", KUBECONFIG: kubeconfig, HOME: folder, TMPDIR: join(folder, "tmp") };
  return started(host, host.start("argocd-application-controller", argv, { env }), ports.controllerHealth);
}

async function started(host: Host, process: LabProcess, healthPort: number): Promise<LabProcess> {
  await untilHealthy(host, process, `http://127.0.0.1:${healthPort}/healthz`, readyMs);
  return process;
}
