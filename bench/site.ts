import { join } from "node:path";
import type { LabProcess } from "../lab/host.ts";
import { noNodes } from "../lab/instance.ts";
import type { Lab } from "../lab/lab.ts";
import { askHealth, untilHealthy } from "../lab/podnet/health.ts";
import { installManifests } from "../lab/podnet/start-podnet.ts";
import { startLab } from "../lab/start-lab.ts";
import { Problem } from "../tools/problem.ts";
import type { Progress } from "../tools/progress.ts";
import type { Tasks } from "./inside.ts";
import { parseRequestCounts, type RequestCounts } from "./request-counts.ts";

const root = join(import.meta.dirname, "..");
const healthPort = 9441;
/** Where the webhook answers what it is asked about itself. */
export const webhookHealth = "http://127.0.0.1:9444";

/** An API server with podnet's kinds, and the contenders that run beside it. */
export interface Site {
  readonly lab: Lab;
  /** Does a task inside the lab. */
  inside<Name extends keyof Tasks>(task: Name, input: Parameters<Tasks[Name]>[1]): Promise<Awaited<ReturnType<Tasks[Name]>>>;
  requests(): Promise<RequestCounts>;
  startOperator(): Promise<Operator>;
  /** The webhook, registered with the API server. */
  startWebhook(): Promise<LabProcess>;
  startNodeIPAM(range: string, extra: readonly string[]): Promise<LabProcess>;
  stop(): Promise<void>;
}

/** A running operator. */
export interface Operator {
  readonly process: LabProcess;
  /** How many passes over everything it has made. */
  passes(): Promise<number>;
}

export interface SiteOptions {
  readonly name: string;
  readonly progress: Progress;
  /** Where the operator writes a processor profile when it ends; none where it is left out. */
  readonly profileFolder: string | undefined;
}

/** Longer than anything that is measured. */
const taskTimeoutMs = 900_000;
const startDeadlineMs = 60_000;

/** Starts a lab that has an API server, podnet's kinds, and nothing that writes. */
export async function startSite({ name, progress, profileFolder }: SiteOptions): Promise<Site> {
  const lab = await startLab(noNodes(name), { progress });
  await installManifests(lab);
  const host = lab.host("control-plane");
  const kubeconfig = lab.controlPlane.insideKubeconfig;
  const inside: Site["inside"] = async (task, input) => {
    const argv = [process.execPath, join(root, "bench/inside.ts"), kubeconfig, task, JSON.stringify(input)];
    const { code, stdout, stderr } = await host.run(argv, { timeoutMs: taskTimeoutMs });
    if (code !== 0) throw new Problem(`The bench's task ${task} failed: ${stderr.trim()}`);
    return JSON.parse(stdout);
  };
  return {
    lab,
    inside,
    async requests() {
      const { code, stdout, stderr } = await lab.kubectl(["get", "--raw", "/metrics"]);
      if (code !== 0) throw new Problem(`The API server's metrics cannot be read: ${stderr.trim()}`);
      return parseRequestCounts(stdout);
    },
    startOperator: () => startOperator(lab, profileFolder),
    startWebhook: () => startWebhook(lab),
    async startNodeIPAM(range, extra) {
      const argv = [lab.binary("kube-controller-manager"), ...nodeIPAMArguments(kubeconfig, range, lab.directory), ...extra];
      const started = host.start("node-ipam", argv);
      await untilHealthy(host, started, "https://127.0.0.1:10257/healthz", startDeadlineMs);
      return started;
    },
    stop: () => lab.stop(),
  };
}

async function startOperator(lab: Lab, profileFolder: string | undefined): Promise<Operator> {
  const host = lab.host("control-plane");
  const { podEnv } = await lab.identity({ name: "podnet-operator", namespace: "kube-system" });
  const profile = profileFolder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileFolder}`];
  const address = `127.0.0.1:${healthPort}`;
  const env = { ...podEnv, PODNET_HEALTH_LISTEN: address, PODNET_LOG_LEVEL: "info" };
  const started = host.start("podnet-operator", [process.execPath, ...profile, join(root, "cli/podnet.ts"), "operator"], { env });
  await untilHealthy(host, started, `http://${address}/readyz`, startDeadlineMs);
  return {
    process: started,
    async passes() {
      const { stdout } = await askHealth(host, `http://${address}/metrics`);
      return Number(/^podnet_operator_pass_seconds_count(?:\{.*\})? (\d+)/m.exec(stdout)?.[1] ?? 0);
    },
  };
}

async function startWebhook(lab: Lab): Promise<LabProcess> {
  const host = lab.host("control-plane");
  const { podEnv } = await lab.identity({ name: "podnet-webhook", namespace: "kube-system" });
  const env = { ...podEnv, PODNET_WEBHOOK_HOST: host.addresses[0] ?? "" };
  const started = host.start("podnet-webhook", [process.execPath, join(root, "cli/podnet.ts"), "webhook"], { env });
  await untilHealthy(host, started, `${webhookHealth}/readyz`, startDeadlineMs);
  return started;
}

/** The one controller that gives nodes their podCIDRs, as an administrator, since what it may do is not measured. */
function nodeIPAMArguments(kubeconfig: string, range: string, folder: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    "--controllers=node-ipam-controller",
    "--allocate-node-cidrs=true",
    "--cidr-allocator-type=RangeAllocator",
    `--cluster-cidr=${range}`,
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
    `--flex-volume-plugin-dir=${folder}/volume-plugins`,
  ];
}
