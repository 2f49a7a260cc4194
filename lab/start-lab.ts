import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apiServerFamily } from "../tools/api-server-family.ts";
import { provideBinaries } from "../tools/binaries.ts";
import type { Family } from "../tools/family.ts";
import { DEBIAN_PACKAGES, provideDebianPackages } from "../tools/packages.ts";
import type { DebianPackage } from "../tools/packages.ts";
import { requireLinux, requireRoot } from "../tools/preflight.ts";
import { Problem } from "../tools/problem.ts";
import { quietProgress } from "../tools/progress.ts";
import type { Progress } from "../tools/progress.ts";
import { bringUp, identityOf, kubectlOf } from "./bring-up.ts";
import type { Parts } from "./bring-up.ts";
import { claimName, removeAbandonedLabs } from "./claim.ts";
import type { Claim } from "./claim.ts";
import type { ControlPlane } from "./control-plane/start-control-plane.ts";
import { messageOf } from "./error-text.ts";
import { instanceNameFault } from "./instance.ts";
import type { Instance, Level } from "./instance.ts";
import type { Lab } from "./lab.ts";
import type { LabContext } from "./lab-context.ts";
import { registryDirectory, writeLabRecord } from "./lab-record.ts";
import { onStopSignal } from "./stop-signal.ts";
import { tearDown } from "./tear-down.ts";
import type { TearDownOptions } from "./tear-down.ts";

export interface StartLabOptions {
  /** Program name → path; the pinned programs, provided now, where it is left out. */
  readonly binaries?: Readonly<Record<string, string>>;
  /** Quiet where it is left out. */
  readonly progress?: Progress;
  /** A folder that is empty or not there yet and is removed with the lab; a new temporary one where it is left out. */
  readonly directory?: string;
  /** Archives whose images every node is to have from its start, beside the test image. */
  readonly imageArchives?: readonly string[];
}

function familiesOf(level: Level): readonly Family[] {
  if (level === "hosts") return [];
  const apiServer = apiServerFamily();
  if (level !== "everything") return ["etcd", apiServer];
  if (apiServer === "kubernetes") return ["cni-plugins", "etcd", "containerd", apiServer];
  throw new Problem(
    `PODNET_LAB_KUBERNETES is for labs without kubelets: leave it out, since of ${apiServer} there is only an API server.`,
  );
}

const PACKAGES: Readonly<Record<Level, readonly DebianPackage[]>> = {
  hosts: ["iproute2", "util-linux"],
  "control-plane": ["iproute2", "util-linux"],
  "nodes-without-kubelets": ["iproute2", "util-linux"],
  everything: DEBIAN_PACKAGES,
};

async function contextFor(instance: Instance, directory: string, options: StartLabOptions): Promise<LabContext> {
  const progress = options.progress ?? quietProgress();
  await provideDebianPackages(PACKAGES[instance.level], progress);
  const binaries: Readonly<Record<string, string>> =
    options.binaries ?? (await provideBinaries(familiesOf(instance.level), progress));
  const binary = (name: string): string => {
    const path = binaries[name];
    if (path === undefined) throw new Problem(`The lab ${instance.name} was given no program ${name}: provide its family.`);
    return path;
  };
  return { instance, directory, registryDirectory: registryDirectory(instance.name), binary, progress };
}

function controlPlaneOf({ controlPlane }: Parts, instance: Instance): ControlPlane {
  if (controlPlane === undefined) throw new Error(`the lab ${instance.name} has no API server at level ${instance.level}`);
  return controlPlane;
}

function named<T>(list: readonly T[], name: string, nameOf: (one: T) => string, what: string): T {
  const found = list.find((one) => nameOf(one) === name);
  if (found === undefined) throw new Error(`the lab has no ${what} ${name}`);
  return found;
}

function labOf(context: LabContext, parts: Parts, claim: Claim, release: () => void): Lab {
  const { instance, directory } = context;
  const roles = new Map(instance.hosts.map(({ name, role }) => [name, role]));
  const controlPlane = (): ControlPlane => controlPlaneOf(parts, instance);
  let stopping: Promise<void> | undefined;
  return {
    instance,
    directory,
    logsDirectory: join(directory, "logs"),
    hosts: parts.hosts,
    nodes: parts.hosts.filter(({ name }) => roles.get(name) === "node"),
    host: (name) => named(parts.hosts, name, (host) => host.name, "host"),
    kubernetesNode: (name) => named(parts.nodes, name, (node) => node.host.name, "Kubernetes node"),
    get controlPlane() {
      return controlPlane();
    },
    get kubeconfig() {
      return controlPlane().kubeconfig;
    },
    kubectl: (args, options) => kubectlOf(context, controlPlane())(args, options),
    identity: (account) => identityOf(context, controlPlane(), account),
    binary: context.binary,
    keep: async () => {
      release();
      const { kubeconfig } = parts.controlPlane ?? {};
      const forPeople = kubeconfig === undefined ? {} : { kubeconfig, kubectl: context.binary("kubectl") };
      writeLabRecord({ ...claim.record, ...forPeople, kept: true });
      await claim.lock.release();
    },
    stop: (options) => {
      release();
      stopping ??= tearDownAndRelease(claim, options);
      return stopping;
    },
  };
}

async function tearDownAndRelease(claim: Claim, options?: TearDownOptions): Promise<void> {
  try {
    await tearDown(claim.record, options);
  } finally {
    await claim.lock.release();
  }
}

function failure(error: unknown, logs: string): Problem {
  const where = existsSync(logs) ? ` The logs are in ${logs}.` : "";
  return new Problem(`${messageOf(error)}${where}`, { cause: error });
}

/** Removes the lab when this process is told to end, whether it is still being started or not. */
function removeOnSignal(claim: Claim, starting: Promise<Parts>, aborter: AbortController): () => void {
  return onStopSignal(async () => {
    aborter.abort();
    // Ending what runs makes what is waiting for it fail at once; what was started meanwhile goes the second time.
    await tearDown(claim.record).catch(() => {});
    await starting.catch(() => {});
    await tearDown(claim.record);
  });
}

/**
 * Brings an instance up and gives it once it can be used: at level "hosts" every host answers; from "control-plane" on the API
 * server is ready; at "nodes-without-kubelets" the Node objects are there too, Ready, and each node has files of its own; at
 * "everything" each node has containerd, a kubelet and kube-proxy, and is Ready but for its network.
 *
 *     const lab = await startLab(noNodes(labName("crd-kinds"))); // or threeNodes(name, level), oneNode, twoSegments, …
 *     after(() => lab.stop());
 *     lab.kubeconfig                                                 // string: works in this process
 *     await lab.kubectl(["apply", "-f", "-"], { stdin: yaml })       // { code, stdout, stderr }
 *     await lab.identity({ name, namespace, node: "node-1" })        // { token, kubeconfig, podEnv, outsideKubeconfig }
 *     await lab.host("node-1").run(["ip", "route"])                  // { code, stdout, stderr }
 *     lab.host("node-1").start("agent", argv, { env })               // LabProcess: stop(), kill(), exited, logFile
 *     await lab.controlPlane.kill("kube-apiserver")                  // and start("kube-apiserver")
 *     await lab.kubernetesNode("node-1").kubelet.kill()              // and start(), containerd, kubeProxy, reboot()
 *
 * The name must be unlike that of every other lab that may be up at the same time: a test takes one of its run (labName). Labs that
 * were killed are removed first. While this process holds the lab, a SIGINT, SIGTERM or SIGHUP removes it before it does its usual work.
 * Throws a Problem where a person can help; what was begun is then removed, but for the logs.
 */
export async function startLab(instance: Instance, options: StartLabOptions = {}): Promise<Lab> {
  requireLinux("The lab");
  requireRoot("The lab");
  const fault = instanceNameFault(instance.name);
  if (fault !== undefined) throw new Problem(fault);
  const directory = options.directory ?? join(tmpdir(), `podnet-lab-${instance.name}-${randomBytes(4).toString("hex")}`);
  const context = await contextFor(instance, directory, options);
  await removeAbandonedLabs(context.progress);
  const claim = await claimName(instance, directory);
  const aborter = new AbortController();
  const starting = bringUp(context, options.imageArchives ?? [], aborter.signal);
  const release = removeOnSignal(claim, starting, aborter);
  try {
    return labOf(context, await starting, claim, release);
  } catch (error) {
    // The signal that came ends this process once the lab is gone.
    if (aborter.signal.aborted) return new Promise(() => {});
    release();
    await tearDownAndRelease(claim, { keepLogs: true });
    throw failure(error, join(directory, "logs"));
  }
}
