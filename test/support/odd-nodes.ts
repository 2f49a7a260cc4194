// Nodes that are not as a cluster of kubeadm has them.
import assert from "node:assert/strict";
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Host } from "../../lab/host.ts";
import { numberedAddress } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import type { ReleaseLab } from "./release-lab.ts";
import { succeed } from "./succeed.ts";

/** Takes kube-proxy off a node, and all that it programmed: from there no Service is reached, that of the API server neither. */
export async function leaveWithoutServices(lab: Lab, node: Host): Promise<void> {
  const service = numberedAddress(lab.instance.serviceRanges[0] ?? "", 1);
  const connects = async () =>
    (await node.run(["busybox", "nc", "-w", "2", service, "443"], { stdin: "", timeoutMs: 10_000 })).code === 0;
  assert.ok(await connects(), `${service} does not answer on ${node.name}, where it is to`);
  await lab.kubernetesNode(node.name).kubeProxy.stop();
  for (const family of ["ip", "ip6"]) await succeed(node.run(["nft", "delete", "table", family, "kube-proxy"]));
  assert.ok(!(await connects()), `${service} answers on ${node.name} without kube-proxy`);
}

/** Where a container runtime looks for CNI configurations and plugins, as the chart's `agent.paths` has it. */
export interface RuntimePaths {
  readonly cniConfigurations: string;
  readonly cniPlugins: string;
}

/** Has a node's containerd look in other places than its own, which are not there yet. */
export async function lookElsewhere(lab: Lab, node: Host, { cniConfigurations, cniPlugins }: RuntimePaths): Promise<void> {
  const { containerd } = lab.kubernetesNode(node.name);
  await containerd.stop();
  const lines = [
    "",
    `[plugins."io.containerd.cri.v1.runtime".cni]`,
    `  conf_dir = "${cniConfigurations}"`,
    `  bin_dirs = ["${cniPlugins}"]`,
    "",
  ];
  await appendFile(join(node.directory, "containerd.toml"), lines.join("\n"));
  await containerd.start();
}

/** Values of an installation, with a network, for nodes that are like this. */
export async function elsewhereValues({ lab, now }: ReleaseLab, paths: RuntimePaths): Promise<object> {
  const values: object = JSON.parse(await readFile(now.replaced["values.yaml"] ?? "", "utf8"));
  const { hostname: host, port } = new URL(lab.controlPlane.access.url);
  const { agent } = values as { readonly agent: object };
  const ranges = [
    { cidr: "10.244.0.0/16", nodePrefixLength: 24 },
    { cidr: "fd00:10:244::/48", nodePrefixLength: 64 },
  ];
  return { ...values, agent: { ...agent, paths }, apiServer: { host, port: Number(port) }, networks: { default: { ranges } } };
}
