import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../tools/problem.ts";
import type { ControlPlane } from "./control-plane/start-control-plane.ts";
import { startControlPlane } from "./control-plane/start-control-plane.ts";
import { createHost, enterNetwork } from "./create-host.ts";
import { createNetwork, renewNetwork } from "./create-network.ts";
import type { CommandResult, Host } from "./host.ts";
import { issueIdentity } from "./identity.ts";
import type { Identity, ServiceAccount } from "./identity.ts";
import { nodesOf, reaches } from "./instance.ts";
import type { LabContext } from "./lab-context.ts";
import { startMachine, startNodes } from "./node/start-nodes.ts";
import type { NodeMachine, RunningNode } from "./node/start-nodes.ts";
import { registerNodes } from "./register-nodes.ts";
import { runCommand } from "./run-command.ts";
import type { RunOptions } from "./run-command.ts";

/** The parts of a lab that is up. */
export interface Parts {
  readonly hosts: readonly Host[];
  readonly controlPlane: ControlPlane | undefined;
  readonly machines: readonly NodeMachine[];
  readonly nodes: readonly RunningNode[];
}

const KUBECTL_TIMEOUT_MS = 60_000;

/** Runs kubectl as an administrator from outside the lab. */
export function kubectlOf(context: LabContext, controlPlane: ControlPlane) {
  return (args: readonly string[], options: RunOptions = {}): Promise<CommandResult> =>
    runCommand([context.binary("kubectl"), `--kubeconfig=${controlPlane.kubeconfig}`, ...args], {
      timeoutMs: KUBECTL_TIMEOUT_MS,
      ...options,
    });
}

/** Gives a process the identity of a ServiceAccount. */
export async function identityOf(context: LabContext, controlPlane: ControlPlane, account: ServiceAccount): Promise<Identity> {
  const issuer = {
    kubectl: kubectlOf(context, controlPlane),
    folder: join(context.directory, "pki"),
    authority: await readFile(controlPlane.access.caFile, "utf8"),
    insideUrl: controlPlane.access.url,
    outsideUrl: `https://127.0.0.1:${controlPlane.port}`,
  };
  return issueIdentity(issuer, account);
}

async function startKubernetes(
  context: LabContext,
  machines: readonly NodeMachine[],
  controlPlane: ControlPlane,
  imageArchives: readonly string[],
): Promise<readonly RunningNode[]> {
  const { instance } = context;
  if (reaches(instance.level, "everything")) {
    const renew = (host: string): Promise<void> => renewNetwork(instance, host);
    return startNodes(context, machines, { access: controlPlane.access, imageArchives, renewNetwork: renew });
  }
  await registerNodes(instance, kubectlOf(context, controlPlane));
  return [];
}

/** Brings an instance up to its level, in a folder and under a name that are ours. `signal` ends it between two steps. */
export async function bringUp(context: LabContext, imageArchives: readonly string[], signal: AbortSignal): Promise<Parts> {
  const { instance, progress } = context;
  await mkdir(join(context.directory, "logs"), { recursive: true });
  await progress.during("creating the lab's networks", () => createNetwork(instance));
  const hosts = instance.hosts.map((spec) => createHost(spec, { ...context, enter: enterNetwork(instance.name, spec.name) }));
  signal.throwIfAborted();
  if (!reaches(instance.level, "control-plane")) return { hosts, controlPlane: undefined, machines: [], nodes: [] };

  const place = hosts.find((_, index) => instance.hosts[index]?.role === "control-plane");
  if (place === undefined) throw new Problem(`The instance ${instance.name} has no host for its control plane.`);
  const withMachines = reaches(instance.level, "nodes-without-kubelets") ? nodesOf(instance) : [];
  const [controlPlane, ...machines] = await Promise.all([
    progress.during("starting etcd and the API server", () => startControlPlane(context, place)),
    ...withMachines.map((spec) => startMachine(context, spec)),
  ]);
  signal.throwIfAborted();
  const nodes = reaches(instance.level, "nodes-without-kubelets")
    ? await startKubernetes(context, machines, controlPlane, imageArchives)
    : [];
  const onMachine = (host: Host): Host => machines.find((machine) => machine.host.name === host.name)?.host ?? host;
  return { hosts: hosts.map(onMachine), controlPlane, machines, nodes };
}
