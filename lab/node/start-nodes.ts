import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../tools/problem.ts";
import { createHost, enterNetwork } from "../create-host.ts";
import type { Host } from "../host.ts";
import { buildTestImages } from "../image/test-image.ts";
import type { HostSpec } from "../instance.ts";
import type { ApiServerAccess, LabContext } from "../lab-context.ts";
import { createMachine, type Machine } from "./machine.ts";
import { createContainerd, createKubelet, createKubeProxy } from "./node-services.ts";
import type { Service } from "./service.ts";

/** A node as a machine: what is there before any kubelet, and all there is in a lab without kubelets. */
export interface NodeMachine {
  readonly host: Host;
  readonly machine: Machine;
}

/** A Kubernetes node and the handles by which a test breaks and mends it. */
export interface RunningNode extends NodeMachine {
  readonly containerd: Service;
  readonly kubelet: Service;
  readonly kubeProxy: Service;
  /**
   * Power off and on again: every process and pod is gone, /run is empty, the boot id is another, the network namespace is new.
   * Resolves once containerd, kubelet and kube-proxy run again; everything else that ran on the node is to be started by its owner.
   */
  reboot(): Promise<void>;
}

export interface NodeSettings {
  readonly access: ApiServerAccess;
  /** Archives whose images every node has from its start, beside the test image, e.g. the product's own. */
  readonly imageArchives: readonly string[];
  /** Makes this host's network namespace anew: its wires, addresses and routes, and nothing else. */
  readonly renewNetwork: (host: string) => Promise<void>;
}

/** Switches a node's machine on, without any Kubernetes process. */
export async function startMachine(context: LabContext, spec: HostSpec): Promise<NodeMachine> {
  const enter = enterNetwork(context.instance.name, spec.name);
  const machine = createMachine(context, createHost(spec, { ...context, enter }));
  await machine.powerOn();
  return { machine, host: createHost(spec, { ...context, enter: machine.enter }) };
}

/** Makes Kubernetes nodes of machines, all at the same time. Resolves once their Node objects exist; they are Ready when they have a CNI configuration. */
export async function startNodes(
  context: LabContext,
  machines: readonly NodeMachine[],
  settings: NodeSettings,
): Promise<RunningNode[]> {
  const archive = join(context.directory, "test-images.tar");
  await writeFile(archive, buildTestImages());
  const kubeProxyKubeconfig = await settings.access.clientKubeconfig("system:kube-proxy", []);
  const archives = [archive, ...settings.imageArchives];
  return Promise.all(
    machines.map((machine) =>
      context.progress.during(`starting Kubernetes on ${machine.host.name}`, () =>
        startNode(context, machine, { ...settings, imageArchives: archives }, kubeProxyKubeconfig),
      ),
    ),
  );
}

async function startNode(
  context: LabContext,
  { host, machine }: NodeMachine,
  { access, imageArchives, renewNetwork }: NodeSettings,
  kubeProxyKubeconfig: string,
): Promise<RunningNode> {
  const kubeconfig = await access.clientKubeconfig(`system:node:${host.name}`, ["system:nodes"]);
  const containerd = createContainerd(context, host);
  const kubelet = createKubelet(context, host, access.caFile, kubeconfig);
  const kubeProxy = createKubeProxy(context, host, kubeProxyKubeconfig);
  await containerd.start();
  for (const archive of imageArchives) await importImages(context, host, archive);
  const startKubernetes = async (): Promise<void> => {
    await Promise.all([kubelet.start(), kubeProxy.start()]);
  };
  await startKubernetes();
  const reboot = async (): Promise<void> => {
    await machine.powerOff();
    await renewNetwork(host.name);
    await machine.powerOn();
    await containerd.start();
    await startKubernetes();
  };
  return { host, machine, containerd, kubelet, kubeProxy, reboot };
}

/** Brings the images of an archive onto a node; the archive has to be below the lab's folder. Throws a Problem where containerd refuses. */
export async function importImages(context: LabContext, host: Host, archive: string): Promise<void> {
  const { code, stderr } = await host.run([context.binary("ctr"), "--namespace=k8s.io", "images", "import", archive]);
  if (code !== 0) throw new Problem(`${host.name} could not import the images of ${archive}: ${stderr.trim()}`);
}
