import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../../tools/problem.ts";
import type { Host, LabProcess } from "../host.ts";
import { PAUSE_IMAGE } from "../image/test-image.ts";
import { numberedAddress } from "../instance.ts";
import type { LabContext } from "../lab-context.ts";
import { identify } from "../process-table.ts";
import { waitUntil } from "../wait-until.ts";
import { CONTAINERD_SOCKET, isListening, renderContainerdConfig, snapshotterFor } from "./containerd.ts";
import { rootOfNode } from "./enter-node.ts";
import { renderKubeProxyConfig } from "./kube-proxy.ts";
import { kubeletArguments, renderKubeletConfig } from "./kubelet.ts";
import { createService, type Service } from "./service.ts";

const CONTAINERD_DEADLINE_MS = 30_000;
const HEALTH_DEADLINE_MS = 60_000;
const REGISTRATION_DEADLINE_S = 60;

// Both by default, and open on the node's loopback.
const KUBELET_HEALTH_PORT = 10_248;
const KUBE_PROXY_HEALTH_PORT = 10_256;

/** containerd on this host, not started yet; it works once its socket answers. It finds its shim beside itself and runc on the PATH. */
export function createContainerd(context: LabContext, host: Host): Service {
  const config = join(host.directory, "containerd.toml");
  writeFileSync(config, renderContainerdConfig(PAUSE_IMAGE, snapshotterFor(host.directory)));
  return createService(host, {
    name: "containerd",
    argv: [context.binary("containerd"), `--config=${config}`],
    ready: async (process) => {
      await waitUntil(`containerd on ${host.name}; its log is ${process.logFile}`, CONTAINERD_DEADLINE_MS, async () => {
        mustLive(process, host);
        return (await isListening(join(rootOfNode(host.directory), CONTAINERD_SOCKET))) || undefined;
      });
    },
  });
}

/** The kubelet on this host, not started yet; it works once it says so and the Node object exists. */
export function createKubelet(context: LabContext, host: Host, clientCaFile: string, kubeconfig: string): Service {
  const config = join(host.directory, "kubelet.yaml");
  const { serviceRanges, silenceSeconds } = context.instance;
  const clusterDns = serviceRanges.map((range) => numberedAddress(range, 10));
  writeFileSync(config, renderKubeletConfig({ clientCaFile, clusterDns, silenceSeconds }));
  const wait = ["wait", "--for=create", `node/${host.name}`, `--timeout=${REGISTRATION_DEADLINE_S}s`];
  return createService(host, {
    name: "kubelet",
    argv: [context.binary("kubelet"), ...kubeletArguments(host.name, host.addresses, config, kubeconfig)],
    ready: async (process) => {
      await healthy(process, host, KUBELET_HEALTH_PORT);
      const { code, stderr } = await host.run([context.binary("kubectl"), `--kubeconfig=${kubeconfig}`, ...wait]);
      if (code === 0) return;
      throw new Problem(`The kubelet of ${host.name} did not register its node (${stderr.trim()}): see ${process.logFile}.`);
    },
  });
}

/** kube-proxy on this host, not started yet; it works once its rules are in the kernel. */
export function createKubeProxy(context: LabContext, host: Host, kubeconfig: string): Service {
  const config = join(host.directory, "kube-proxy.yaml");
  writeFileSync(config, renderKubeProxyConfig(host.name, kubeconfig, "cni0"));
  return createService(host, {
    name: "kube-proxy",
    argv: [context.binary("kube-proxy"), `--config=${config}`],
    ready: (process) => healthy(process, host, KUBE_PROXY_HEALTH_PORT),
  });
}

async function healthy(process: LabProcess, host: Host, port: number): Promise<void> {
  const ask = ["busybox", "nc", "-w", "2", "127.0.0.1", `${port}`];
  const attempt = async (): Promise<true | undefined> => {
    mustLive(process, host);
    const { stdout } = await host.run(ask, { stdin: "GET /healthz HTTP/1.0\r\n\r\n", timeoutMs: 5_000 });
    return /^HTTP\/1\.\d 200/.test(stdout) || undefined;
  };
  await waitUntil(`a healthy ${process.name} on ${host.name}; its log is ${process.logFile}`, HEALTH_DEADLINE_MS, attempt, 100);
}

function mustLive(process: LabProcess, host: Host): void {
  if (identify(process.pid) !== undefined) return;
  throw new Problem(`${process.name} on ${host.name} ended right after its start: its log ${process.logFile} says why.`);
}
