import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { RIGHTS_FILES } from "../../tools/chart-files.ts";
import { CRD_FILES } from "../../tools/crd-files.ts";
import { Problem } from "../../tools/problem.ts";
import type { Host } from "../host.ts";
import type { ServiceAccount } from "../identity.ts";
import type { Lab } from "../lab.ts";
import { createService, type Service } from "../node/service.ts";
import { untilHealthy } from "./health.ts";

const root = join(import.meta.dirname, "../..");
const sources = join(root, "cli/podnet.ts");
const namespace = "kube-system";
const startDeadlineMs = 30_000;

/** Often, so that what waits for agents, or for their silence, does not take minutes. */
const heartbeatSeconds = "3";

/** The manifests every podnet needs before its first process, in this order. */
const manifests = [...CRD_FILES, ...RIGHTS_FILES];

/** podnet as ordinary processes on the lab's hosts, each with the identity it has in production. */
export interface RunningPodnet {
  readonly operator: Service;
  readonly webhook: Service;
  /** Node name → its agent. */
  readonly agents: ReadonlyMap<string, Service>;
}

/** Installs kinds, identities and policies into the lab's cluster. */
export async function installManifests(lab: Lab): Promise<void> {
  for (const file of manifests) {
    const stdin = await readFile(join(root, file), "utf8");
    const { code, stderr } = await lab.kubectl(["apply", "--server-side", "-f", "-"], { stdin });
    if (code !== 0) throw new Problem(`The API server refused ${file}: ${stderr.trim()}`);
  }
  const established = ["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"];
  const { code, stderr } = await lab.kubectl(established);
  if (code !== 0) throw new Problem(`The kinds of podnet are not served: ${stderr.trim()}`);
}

/**
 * Installs and starts podnet: operator and webhook on the control plane, an agent on each node. Resolves once all say that they work.
 * `program`: path of what Node is given, the sources or a bundle of them.
 */
export async function startPodnet(lab: Lab, program = sources): Promise<RunningPodnet> {
  await installManifests(lab);
  const [operator, webhook, ...agents] = await Promise.all([
    startOperator(lab, program),
    startWebhook(lab, program),
    ...lab.nodes.map(async (node) => [node.name, await startAgent(lab, node, program)] as const),
  ]);
  return { operator, webhook, agents: new Map(agents) };
}

/** The operator on the control plane, started; one that was killed is soon taken as gone, so that the next one need not wait long. */
export function startOperator(lab: Lab, program = sources): Promise<Service> {
  return startStage(
    lab,
    lab.host("control-plane"),
    { name: "operator", program },
    {
      PODNET_LEASE_SECONDS: "4",
      PODNET_HEARTBEAT_SECONDS: heartbeatSeconds,
    },
  );
}

/** The webhook on the control plane, started; the API server reaches it by the host's address, without a Service. */
export function startWebhook(lab: Lab, program = sources): Promise<Service> {
  const host = lab.host("control-plane");
  return startStage(lab, host, { name: "webhook", program }, { PODNET_WEBHOOK_HOST: host.addresses[0] ?? "" });
}

/** The agent of one node, started; it is told its node's name and where the plugins are, and not to take its time. */
export function startAgent(lab: Lab, node: Host, program = sources): Promise<Service> {
  const pluginFolder = dirname(lab.binary("bridge"));
  return startStage(
    lab,
    node,
    { name: "agent", program },
    {
      PODNET_NODE_NAME: node.name,
      PODNET_PLUGIN_SOURCE: pluginFolder,
      PODNET_HEARTBEAT_SECONDS: heartbeatSeconds,
      PODNET_DRAIN_SECONDS: "2",
      PODNET_LEAK_SECONDS: "5",
    },
  );
}

/** Stage → the port of its health page; all on loopback, and no two on one host. */
const healthPorts = { operator: 9441, webhook: 9444, agent: 9442 } as const;

/** What the kernel allows an agent: to configure the network, and nothing else that root may. */
const onlyNetworkAdministration = ["setpriv", "--bounding-set=-all,+net_admin", "--inh-caps=-all", "--"];

async function startStage(
  lab: Lab,
  host: Host,
  { name, program }: { readonly name: keyof typeof healthPorts; readonly program: string },
  env: Readonly<Record<string, string>>,
): Promise<Service> {
  const account: ServiceAccount = { name: `podnet-${name}`, namespace, ...(name === "agent" ? { node: host.name } : {}) };
  const { podEnv } = await lab.identity(account);
  const healthAddress = `127.0.0.1:${healthPorts[name]}`;
  const limits = name === "agent" ? onlyNetworkAdministration : [];
  const service = createService(host, {
    name: `podnet-${name}`,
    argv: [...limits, process.execPath, program, name],
    options: { env: { ...podEnv, PODNET_HEALTH_LISTEN: healthAddress, PODNET_LOG_LEVEL: "info", ...env } },
    ready: (started) => untilHealthy(host, started, `http://${healthAddress}/readyz`, startDeadlineMs),
  });
  await service.start();
  return service;
}
